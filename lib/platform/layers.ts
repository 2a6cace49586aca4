import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refusalOf } from './layer-check.ts';
import { layerDirectory, type LayerName } from './layer-paths.ts';

export interface NativeLayerProps {
  /** Of the functions that use it. */
  readonly architecture: 'arm64' | 'x86_64';
  /** Where layers lie; where setup builds them by default. */
  readonly directoryOf?: typeof layerDirectory;
}

/** A layer that setup has built. */
class NativeLayer extends LayerVersion {
  /** @throws Error saying what to do, if the layer is missing or would not load on Lambda */
  constructor(scope: Construct, id: string, name: LayerName, description: string, props: NativeLayerProps) {
    const architecture = props.architecture === 'arm64' ? 'arm64' : 'x64';
    const directoryOf = props.directoryOf ?? layerDirectory;
    const refusal = refusalOf(name, architecture, directoryOf);
    if (refusal !== undefined) throw new Error(refusal);
    super(scope, id, {
      description,
      code: Code.fromAsset(directoryOf(name, architecture)),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [props.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64],
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** `re2`: regular expressions in linear time, compiled. */
export class Re2Layer extends NativeLayer {
  constructor(scope: Construct, id: string, props: NativeLayerProps) {
    super(scope, id, 're2', 're2 for Node 24', props);
  }
}

/** `hypercore` and `hypercore-storage` with their native parts. */
export class HypercoreLayer extends NativeLayer {
  constructor(scope: Construct, id: string, props: NativeLayerProps) {
    super(scope, id, 'hypercore', 'hypercore and hypercore-storage for Node 24', props);
  }
}

/** Typst, which sets reports as PDF, and their fonts. */
export class TypstLayer extends NativeLayer {
  constructor(scope: Construct, id: string, props: NativeLayerProps) {
    super(scope, id, 'typst', "Typst's compiler and the fonts of reports for Node 24", props);
  }
}
