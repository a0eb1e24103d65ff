//! The five pages on which the incumbent is wrong: it lists one tool, without a description, on five servers that
//! do not have it, because their packages share a repository with the one that does.

use riskdex_testbed::{Builder, World};
use serde_json::Value;

use crate::world::{Bench, monorepo};

fn tools(server: &Value) -> Vec<&str> {
    server["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

fn bench() -> Bench {
    let packages = monorepo();
    let world = packages.into_iter().fold(World::builder(), Builder::pypi);
    let bench = Bench::new(world.serve().unwrap());
    let names: Vec<String> = std::fs::read_dir(crate::world::samples().join("monorepo"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    let ended = bench.nightly(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    bench
}

#[test]
fn invoke_agent_runtime_is_on_its_own_server_and_on_no_other() {
    let bench = bench();
    let own = bench.server("pypi-awslabs-amazon-bedrock-agentcore-mcp-server");
    assert_eq!(tools(&own), ["invoke_agent_runtime", "list_agent_runtimes"]);

    let applicationsignals = bench.server("pypi-awslabs-cloudwatch-applicationsignals-mcp-server");
    assert_eq!(tools(&applicationsignals), ["list_monitored_services", "get_slo"]);
    let aws_api = bench.server("pypi-awslabs-aws-api-mcp-server");
    assert_eq!(tools(&aws_api), ["call_aws", "suggest_aws_commands"]);
    let qbusiness = bench.server("pypi-awslabs-amazon-qbusiness-anonymous-mcp-server");
    assert_eq!(tools(&qbusiness), ["QBusinessQueryTool"]);
    let eks = bench.server("pypi-awslabs-eks-mcp-server");
    assert_eq!(tools(&eks), ["list_k8s_resources", "manage_k8s_resource"]);
    let stepfunctions = bench.server("pypi-awslabs-stepfunctions-tool-mcp-server");
    assert!(tools(&stepfunctions).is_empty());
}

#[test]
fn invoke_agent_runtime_is_billed_execution_with_its_whole_description() {
    let bench = bench();
    let server = bench.server("pypi-awslabs-amazon-bedrock-agentcore-mcp-server");
    let tool = &server["tools"][0];
    assert_eq!(tool["verdict"]["category"], "Execute");
    assert!(["High", "Critical"].contains(&tool["verdict"]["risk"].as_str().unwrap()));
    let signals = tool["verdict"]["signals"].as_array().unwrap();
    assert!(signals.contains(&"costs_money".into()), "{signals:?}");
    let description = tool["description"].as_str().unwrap();
    assert!(
        description.starts_with("Send a request to a deployed agent") && description.contains("payload: what to send")
    );
    let parameters: Vec<_> = tool["inputSchema"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(parameters, ["agent_runtime_arn", "payload", "session_id", "qualifier"], "the context is no parameter");

    let page = bench.page("servers/pypi-awslabs-amazon-bedrock-agentcore-mcp-server/invoke-agent-runtime/index.html");
    assert!(page.contains("<mark>BILLABLE</mark>"), "the words that say so are marked");
    assert!(page.contains("tools/runtime.py:"), "file and line are said");
}

#[test]
fn a_list_made_at_run_time_is_said_to_be_so() {
    let bench = bench();
    let server = bench.server("pypi-awslabs-stepfunctions-tool-mcp-server");
    let reason = server["dynamic"].as_str().expect("it says why");
    let page = bench.page("servers/pypi-awslabs-stepfunctions-tool-mcp-server/index.html");
    assert!(page.contains("run time"), "{reason}");
}

#[test]
fn a_tool_behind_a_flag_says_so() {
    let bench = bench();
    let server = bench.server("pypi-awslabs-eks-mcp-server");
    assert!(server["tools"][0]["gated"].is_null());
    let gated = server["tools"][1]["gated"].as_str().unwrap();
    assert!(gated.contains("allow_write") || gated.contains("allow-write"), "{gated}");
}
