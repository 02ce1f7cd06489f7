import StatesLanguage
import Testing

@testable import baton

@Suite struct DefinitionFileTests {
    private static let json = """
        {
          "StartAt": "A",
          "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:work", "Next": "B"}
          }
        }
        """
    private static let yaml = """
        StartAt: A
        States:
          A:
            Type: Task
            Resource: arn:aws:states:us-east-1:000000000000:activity:work
            Next: B
        """

    @Test(arguments: [("m.asl.json", json, 4), ("m.yaml", yaml, 6), ("-", yaml, 6), ("-", json, 4)])
    func `a missing target is found where it is written`(path: String, source: String, line: Int) throws {
        let file = DefinitionFile(path: path, source: source)
        let finding = try #require(file.diagnostics().first { $0.code == Diagnostic.Code.missingTarget })
        #expect(finding.line == line)
    }

    @Test func `YAML that cannot be read is one finding`() {
        let findings = DefinitionFile(path: "m.yml", source: "a: [").diagnostics()
        #expect(findings.map(\.code) == ["INVALID_YAML"])
    }

    @Test func `the activities that tasks name, once each`() {
        #expect(DefinitionFile(path: "m.json", source: Self.json).activities().map(\.name) == ["work"])
        let nested = """
            {"States": {"M": {"Type": "Map", "ItemProcessor": {"States": {
              "A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:inner"},
              "B": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:inner"},
              "C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"},
              "D": {"Type": "Pass", "Result": {"Resource": "arn:aws:states:us-east-1:000000000000:activity:data"}}}}}}}
            """
        #expect(DefinitionFile(path: "m.json", source: nested).activities().map(\.name) == ["inner"])
    }

    @Test(arguments: [
        ("examples/order.asl.json", "order"), ("order.asl.yaml", "order"), ("order.json", "order"), ("order", "order"),
        (".json", ".json"),
    ])
    func `a name from the file's`(path: String, name: String) {
        #expect(DefinitionFile(path: path, source: "{}").suggestedName == name)
    }

    @Test func `a report shows the line and points at the place`() {
        let finding = Diagnostic(code: "X", message: "wrong", location: "/StartAt", line: 2, column: 6)
        let report = DiagnosticReport(path: "m.json", source: "{\n  \"a\": 1\n}", diagnostics: [finding])
        #expect(
            report.lines(Style(isOn: false)) == [
                "m.json:2:6: error X wrong (/StartAt)",
                "      \"a\": 1",
                "         ^",
            ])
        #expect(report.hasErrors)
    }
}
