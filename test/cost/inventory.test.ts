import { describe, expect, it } from 'vitest';
import { takeInventory } from '../../scripts/cost/inventory.ts';
import { smallTemplates } from './small-deployment.ts';

describe('the inventory of a deployment', () => {
  it('counts what costs money over all templates', () => {
    expect(takeInventory(smallTemplates())).toEqual({
      functions: {
        shipper: { memoryMb: 1024, storageMb: 1536, traced: true },
        detector: { memoryMb: 2048, storageMb: 512, traced: true },
        publisher: { memoryMb: 1024, storageMb: 512, traced: true },
        casePublisher: { memoryMb: 1024, storageMb: 512, traced: true },
        review: { memoryMb: 1024, storageMb: 512, traced: true },
        dayReport: { memoryMb: 1024, storageMb: 512, traced: true },
        evaluate: { memoryMb: 1024, storageMb: 512, traced: false },
        deliver: { memoryMb: 1024, storageMb: 512, traced: true },
        health: { memoryMb: 1024, storageMb: 512, traced: true },
        guard: { memoryMb: 1024, storageMb: 512, traced: true },
        guardKeys: { memoryMb: 512, storageMb: 512, traced: true },
        sequencer: { memoryMb: 512, storageMb: 512, traced: true },
        actRecorder: { memoryMb: 1024, storageMb: 512, traced: true },
        integrityCheck: { memoryMb: 1024, storageMb: 512, traced: false },
        deathRecorder: { memoryMb: 1024, storageMb: 512, traced: true },
        secretSearch: { memoryMb: 1024, storageMb: 512, traced: false },
        actsEndpoint: { memoryMb: 1024, storageMb: 512, traced: false },
        actsKeys: { memoryMb: 1024, storageMb: 512, traced: false },
        sweeper: { memoryMb: 1024, storageMb: 512, traced: false },
        reporter: { memoryMb: 2048, storageMb: 512, traced: false },
        revocationBegin: { memoryMb: 1024, storageMb: 512, traced: true },
        revocationAdvance: { memoryMb: 1024, storageMb: 512, traced: true },
        revocationDesk: { memoryMb: 1024, storageMb: 512, traced: true },
        revocationPublish: { memoryMb: 1024, storageMb: 512, traced: true },
        revocationServe: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationAdvance: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationAsk: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationNotice: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationPlain: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationPublish: { memoryMb: 1024, storageMb: 512, traced: true },
        rotationSchedule: { memoryMb: 1024, storageMb: 512, traced: true },
      },
      detectorConcurrency: 50,
      shipperRunSeconds: 65,
      keys: 2,
      secrets: 0,
      alarms: 1,
      tables: 3,
      tablesWithBackup: 2,
      quarantineIndexes: 4,
      polledQueues: 2,
      dataKeyReuseSeconds: 3600,
      schedules: 1,
      logRetentionDays: 30,
      auditBatchMs: 3000,
      findingRetentionDays: 30,
    });
  });

  it('refuses a function whose load nobody has modelled', () => {
    const [data, code] = smallTemplates();
    const added = {
      Resources: {
        ...code?.Resources,
        RevokerRevoke1: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 512 } },
      },
    };
    expect(() => takeInventory([data, added])).toThrow(/RevokerRevoke1.*scripts\/cost/);
  });

  it('refuses templates in which a function is missing', () => {
    const [data] = smallTemplates();
    expect(() => takeInventory([data])).toThrow(/no function ShipperShip/);
  });
});
