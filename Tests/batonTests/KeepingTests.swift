import Testing

@testable import baton

@Suite struct KeepingTests {
    @Test(arguments: [
        ("90d", 7_776_000.0), ("12h", 43_200), ("30m", 1_800), ("45s", 45), ("1s", 1), ("0d", nil), ("-1d", nil),
        ("90", nil), ("d", nil), ("", nil), ("1.5h", nil), ("90 d", nil), ("1w", nil), ("٣d", nil), ("+3d", nil),
        ("99999999999999999999d", nil),
    ])
    func `a time is a number and its unit`(_ text: String, _ seconds: Double?) {
        #expect(ServerSettings.seconds(text) == seconds)
    }

    @Test func `executions are kept for ever unless a time is given`() throws {
        func resolve(_ value: String?) throws -> ServerSettings {
            var flags: [ServerSettings.Key: String] = [:]
            flags[.retainClosed] = value
            return try ServerSettings.resolve(flags: flags, environment: { _ in nil }, file: nil)
        }
        #expect(try resolve(nil).retainClosed == nil)
        #expect(try resolve("forever").retainClosed == nil)
        #expect(try resolve("90d").retainClosed == 7_776_000)
        let error = #expect(throws: CommandError.self) { try resolve("soon") }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("--retain-closed is 'soon'") == true)
    }

    @Test(arguments: [
        (0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1.0 kB"), (167_936, "164.0 kB"), (1 << 30, "1.0 GB"),
        (5 << 50, "5120.0 TB"),
    ])
    func `sizes are told in units that fit`(_ bytes: Int, _ text: String) {
        #expect(byteCount(bytes) == text)
    }
}
