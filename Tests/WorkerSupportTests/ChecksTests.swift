import Testing
import WorkerSupport

@Suite struct ChecksTests {
    @Test(arguments: [
        ("a@b.io", true), ("first.last+tag@sub.example.co", true), ("o'brien@example.org", true),
        ("", false), ("a", false), ("@b.io", false), ("a@", false), ("a@b", false), ("a@@b.io", false),
        ("a b@c.io", false), (".a@b.io", false), ("a.@b.io", false), ("a..b@c.io", false), ("a@-b.io", false),
        ("a@b..io", false), ("a@b.io\nBcc: x@y.io", false), ("ä@b.io", false), ("\"a b\"@c.io", false),
        (String(repeating: "x", count: 65) + "@b.io", false),
    ])
    func `addresses are told from other texts`(text: String, isAddress: Bool) {
        #expect(Checks.isEmail(text) == isAddress)
    }

    @Test func `stable names depend on every part and their borders`() {
        #expect(Checks.stableName("a", "b") == Checks.stableName("a", "b"))
        #expect(Checks.stableName("a", "b") != Checks.stableName("ab", ""))
        #expect(Checks.stableName("a", "b") != Checks.stableName("b", "a"))
    }
}
