//! Reads cases on standard input, one JSON object a line: `{rules, events: [{at, event}]}` with `rules` as Sigma YAML
//! and `at` in seconds. Writes for each, on one line, which rules matched or fired at which event, by rsigma.
use std::io::{self, BufRead, Write};

use rsigma_eval::{compile_rule, evaluate_rule, event::JsonEvent, CorrelationConfig, CorrelationEngine};
use rsigma_parser::parse_sigma_yaml;
use serde_json::{json, Value};

fn main() {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let rules = parse_sigma_yaml(case["rules"].as_str().expect("rules")).expect("Sigma");
        let mut engine = CorrelationEngine::new(CorrelationConfig::default());
        engine.add_collection(&rules).expect("rules that compile");
        // Rule by rule: the engine's index (0.12) passes over rules whose alternatives share no exact value with the event.
        let compiled: Vec<_> = rules.rules.iter().map(|rule| compile_rule(rule).expect("a rule")).collect();
        let fired: Vec<Value> = case["events"]
            .as_array()
            .expect("events")
            .iter()
            .map(|each| {
                let event = JsonEvent::borrow(&each["event"]);
                let matches = compiled.iter().filter_map(|rule| evaluate_rule(rule, &event)).collect();
                let at = each["at"].as_i64().expect("a time");
                let result = engine.process_with_detections(&event, matches, at);
                let mut names: Vec<String> = result.detections.iter().map(|m| m.rule_title.clone()).collect();
                names.extend(result.correlations.iter().map(|m| m.rule_title.clone()));
                names.sort();
                names.dedup();
                json!(names)
            })
            .collect();
        writeln!(out, "{}", json!(fired)).expect("written");
    }
}
