import JSONValue
import Testing

@testable import baton

@Suite struct TerminalTests {
    @Test(arguments: [
        (0.0, "0 ms"), (0.0834, "83 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (4.21, "4.2 s"), (59.94, "59.9 s"),
        (59.96, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (270_000, "3 d 3 h"), (-5, "0 ms"),
        (1e18, "for ever"),
    ])
    func `durations`(seconds: Double, text: String) {
        #expect(LocalTime.duration(seconds: seconds) == text)
    }

    @Test func `columns line up whatever the paint`() {
        var table = Table("NAME", "N")
        let style = Style(isOn: true)
        table.add(("a", style.red), ("1", nil))
        table.add(("longer", nil), ("22", style.bold))
        #expect(
            table.lines(Style(isOn: false)) == [
                "NAME    N", "\u{1B}[31ma     \u{1B}[0m  1", "longer  \u{1B}[1m22\u{1B}[0m",
            ])
    }

    @Test(arguments: [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a\nb\u{1B}[31m", 9, "a b [31m"), ("", 0, "")])
    func `values cannot break the screen`(text: String, width: Int, shown: String) {
        #expect(text.shortened(to: width) == shown)
    }

    @Test func `instants of the protocol`() {
        #expect(JSON.double(1_700_000_000.123).instant?.milliseconds == 1_700_000_000_123)
        #expect(JSON.int(1).instant?.milliseconds == 1000)
        #expect(JSON.double(1e300).instant == nil)
        #expect(JSON.string("1").instant == nil)
    }
}
