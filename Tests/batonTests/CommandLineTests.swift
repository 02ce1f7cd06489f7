import ArgumentParser
import Testing

@testable import baton

@Suite struct CommandLineTests {
    @Test(arguments: [
        ["server", "--database", "x.db", "--listen", "127.0.0.1:1"], ["validate", "a.json", "b.yaml"],
        ["deploy", "a.json", "--name", "n"], ["start", "m", "--wait", "-i", "{}"], ["list"], ["list", "machines"],
        ["list", "--machine", "m", "--status", "timed-out"], ["describe", "m:x"], ["history", "x", "--follow"],
        ["stop", "x", "--cause", "enough"], ["task", "list"], ["task", "succeed", "TOKEN", "--result", "1"],
        ["task", "succeed", "--execution", "x", "--state", "S"], ["task", "fail", "TOKEN", "--error", "E"],
        ["task", "heartbeat", "TOKEN"], ["activity", "list"], ["activity", "create", "a"], ["activity", "delete", "a"],
        ["queues", "--output", "json"], ["doctor"], ["validate", "a.json", "--output", "sarif"],
        ["deploy", "a.json", "--publish"], ["deploy", "a.json", "--description", "d", "--alias", "live"],
        ["version", "list", "m"], ["version", "publish", "m", "--revision", "INITIAL"], ["version", "delete", "m:1"],
        ["alias", "create", "m:live", "3=90", "4=10"], ["alias", "list", "m"], ["alias", "describe", "m:live"],
        ["alias", "route", "m:live", "3"], ["alias", "update", "m:live", "--description", "d"],
        ["alias", "delete", "m:live"],
    ])
    func `what the documentation shows is understood`(arguments: [String]) throws {
        _ = try Baton.parseAsRoot(arguments)
    }

    @Test(arguments: [
        ["frobnicate"], ["list", "--foo"], ["start"], ["list", "--limit", "0"],
        ["list", "machines", "--status", "failed"],
        ["task", "succeed"], ["task", "succeed", "TOKEN", "--execution", "x"], ["queues", "--output", "xml"],
        ["validate"], ["validate", "a.json", "--output", "xml"], ["alias", "create", "m:live"],
        ["alias", "update", "m:live"],
    ])
    func `what makes no sense is refused as wrong usage`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Baton.parseAsRoot(arguments) }
        if let error { #expect(Baton.exitCode(for: error) == .validationFailure) }
    }

    @Test(arguments: [("{}", nil), ("[1,2]", nil), ("{", "line 1"), ("{\n\"a\": x}", "line 2"), ("", "--input")])
    func `inputs are checked before they are sent`(text: String, complaint: String?) {
        do throws(CommandError) {
            #expect(try InputFile.json(text, option: "--input") == text)
            #expect(complaint == nil)
        } catch {
            #expect(error.status == .usage)
            #expect(complaint.map { error.message.contains($0) } == true)
        }
    }

    @Test func `a file that is not there is named`() {
        let error = #expect(throws: CommandError.self) {
            try InputFile.json("@/nowhere/at/all.json", option: "--input")
        }
        #expect(error?.message.contains("/nowhere/at/all.json") == true)
        #expect(error?.status == .usage)
    }
}
