import JSONValue
import StatesLanguage
import Testing

@testable import baton

@Suite struct AliasRoutesTests {
    @Test(arguments: [
        (["3"], "version 3"), (["3=100"], "version 3"), (["3=90", "4=10"], "version 3: 90 %, version 4: 10 %"),
    ])
    func `routes are read and sent`(_ texts: [String], _ shown: String) throws {
        let routes = try AliasRoutes(parsing: texts)
        #expect(routes.text == shown)
        let sent = routes.json(alias: "arn:aws:states:r:1:stateMachine:m:live")
        #expect(sent.arrayValue?[0]["stateMachineVersionArn"]?.stringValue == "arn:aws:states:r:1:stateMachine:m:3")
        #expect(AliasRoutes(shown: ["routingConfiguration": sent]) == routes)
    }

    @Test(arguments: [
        [], ["0"], ["x"], ["1=50"], ["1", "2"], ["1=50", "2=51"], ["1=50", "2=50", "3=0"], ["-1"], ["1=-1", "2=101"],
    ])
    func `what shares out nothing is refused`(_ texts: [String]) {
        let error = #expect(throws: CommandError.self) { try AliasRoutes(parsing: texts) }
        #expect(error?.status == .usage)
    }
}

@Suite struct SARIFLogTests {
    @Test func `findings become results with their rules and places`() throws {
        let file = DefinitionFile(
            path: "flows/\u{e4} b.json",
            source: #"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"C":{"Type":"Task","End":true}}}"#)
        let report = DiagnosticReport(path: file.path, source: file.source, diagnostics: file.diagnostics())
        let log = SARIFLog(reports: [report]).json
        #expect(log["version"] == "2.1.0")
        let run = try #require(log["runs"]?.arrayValue?.first)
        let rules = run["tool"]?["driver"]?["rules"]?.arrayValue ?? []
        let results = run["results"]?.arrayValue ?? []
        #expect(results.count == report.diagnostics.count && !results.isEmpty)
        #expect(Set(rules.compactMap { $0["id"]?.stringValue }).count == rules.count)
        for (result, finding) in zip(results, report.diagnostics) {
            #expect(result["ruleId"]?.stringValue == finding.code)
            let index = try #require(result["ruleIndex"]?.intValue)
            #expect(rules[Int(index)]["id"]?.stringValue == finding.code)
            let place = result["locations"]?.arrayValue?.first?["physicalLocation"]
            #expect(place?["artifactLocation"]?["uri"]?.stringValue == "flows/%C3%A4%20b.json")
            #expect(place?["region"]?["startLine"]?.intValue == finding.line.map(Int64.init))
        }
    }

    @Test(arguments: [("a/b.json", "a/b.json"), ("/a b", "file:///a%20b"), ("-", "stdin"), ("a%", "a%25")])
    func `paths become references`(_ path: String, _ uri: String) { #expect(SARIFLog.uri(path) == uri) }
}
