import JSONValue
import Logging
import SignatureV4
import Testing

@testable import Authentication

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite struct KeysTextTests {
    static let secret = "0123456789abcdefghij"

    static func section(_ name: String = "a", id: String = "AKID", _ rest: String...) -> String {
        (["[\(name)]", "aws_access_key_id = \(id)", "aws_secret_access_key = \(secret)"] + rest)
            .joined(separator: "\n")
    }

    @Test func `a file is read`() throws {
        let keys = try KeysText.parse(
            """
            # who may what
            \(Self.section("ci", "roles=operator , worker", "activities = a, b-*", "expires = 2027-01-01T00:00:00Z"))

              ; comments
            [ admin@home ]
            AWS_ACCESS_KEY_ID=K2
            aws_secret_access_key =  a=b/c+0123456789
            aws_session_token = t
            roles = admin
            """, origin: "keys")
        #expect(keys.map(\.name) == ["ci", "admin@home"])
        #expect(keys[0].roles == [.operator, .worker])
        #expect(keys[0].activities == ["a", "b-*"])
        #expect(keys[0].expiresAt == Timestamp(rfc3339: "2027-01-01T00:00:00Z"))
        #expect(keys[1].secret.equals("a=b/c+0123456789") && keys[1].sessionToken?.equals("t") == true)
        for key in keys { #expect(try KeysText.parse(KeysText.section(for: key), origin: "again") == [key]) }
    }

    static let broken: [(text: String, says: String)] = [
        ("", "no keys"),
        ("# nothing", "no keys"),
        ("\(section())", "needs 'roles"),
        ("\(section("a", "roles = god"))", "'god' is no role"),
        ("\(section("a", "role = admin"))", ":4:"),
        ("\(section("a", "roles = reader", "activities = x"))", "add the role worker"),
        ("\(section("a", "roles = worker", "activities = "))", "activities"),
        ("\(section("a", "roles = reader", "expires = tomorrow"))", "expires"),
        ("\(section("a b", "roles = reader"))", ":1:"),
        ("roles = admin", "before the first"),
        (section(id: "", "roles = admin"), "aws_access_key_id"),
        ("[a]\naws_access_key_id = A\naws_secret_access_key = short\nroles = admin", "16 characters"),
        (section("a", "roles = admin") + "\n" + section("b", "roles = admin"), "repeats"),
        (section("a", "roles = admin") + "\n" + section("a", id: "B", "roles = admin"), "twice"),
        (section("a", "roles = admin", "roles = admin"), "twice"),
        ("[a]\n\(secret)", ":2:"),
    ]

    @Test(arguments: broken)
    func `what is wrong is said, without a secret`(_ text: String, _ says: String) {
        let problem = #expect(throws: KeysProblem.self) { try KeysText.parse(text, origin: "keys") }
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains(Self.secret) == false)
        #expect(problem?.message.hasPrefix("keys") == true)
    }

    @Test func `keys are made that can be used`() throws {
        var generator = SystemRandomNumberGenerator()
        let (one, two) = (KeyGenerator.make(using: &generator), KeyGenerator.make(using: &generator))
        #expect(one.id != two.id && one.secret != two.secret)
        #expect(one.id.utf8.count == 20 && one.secret.revealed.utf8.count == 40)
        let key = AccessKey(name: "n", id: one.id, secret: one.secret, roles: [.reader])
        #expect(try KeysText.parse(KeysText.section(for: key), origin: "made") == [key])
    }

    @Test func `nothing prints a secret`() throws {
        let keys = try KeysText.parse(
            Self.section("a", "roles = admin", "aws_session_token = hush-hush"), origin: "keys")
        var dumped = ""
        dump(keys, to: &dumped)
        for text in [dumped, "\(keys)", String(reflecting: keys), "\(Optional(keys[0]) as Any)"] {
            #expect(!text.contains(Self.secret) && !text.contains("hush"))
            #expect(text.contains("AKID"))
        }
    }
}

@Suite struct KeyRingTests {
    /// A file that is gone after the test.
    private func withFile(_ body: (String) throws -> Void) throws {
        let path = "/tmp/baton-keys-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        try body(path)
    }

    private func write(_ path: String, _ text: String, mode: mode_t = 0o600) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        let bytes = Array(text.utf8)
        #if canImport(Glibc)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        #else
        #expect(Darwin.write(descriptor, bytes, bytes.count) == bytes.count)
        #endif
        fchmod(descriptor, mode)
        close(descriptor)
    }

    private func ring(_ path: String, text: String? = nil) throws(KeysProblem) -> KeyRing {
        try KeyRing(text: text, file: KeysFile(path), logger: Logger(label: "test"))
    }

    @Test func `a changed file counts at once, a broken one not at all`() throws {
        try withFile { path in
            try write(path, KeysTextTests.section("a", id: "ONE", "roles = admin"))
            let ring = try ring(path)
            #expect(ring.key("ONE")?.name == "a" && ring.key("TWO") == nil)
            try write(path, KeysTextTests.section("another", id: "TWO", "roles = reader"))
            #expect(ring.key("TWO")?.roles == [.reader] && ring.key("ONE") == nil)
            try write(path, "nonsense")
            #expect(ring.key("TWO") != nil)
            unlink(path)
            #expect(ring.key("TWO") != nil)
            try write(path, KeysTextTests.section("third", id: "THREE", "roles = reader"))
            #expect(ring.key("THREE") != nil && ring.count == 1)
        }
    }

    @Test func `keys of the environment stay beside those of the file`() throws {
        try withFile { path in
            try write(path, KeysTextTests.section("a", id: "ONE", "roles = admin"))
            let ring = try ring(path, text: KeysTextTests.section("b", id: "TWO", "roles = reader"))
            #expect(ring.key("ONE") != nil && ring.key("TWO") != nil)
            #expect(throws: KeysProblem.self) {
                try self.ring(path, text: KeysTextTests.section("c", id: "ONE", "roles = reader"))
            }
        }
    }

    @Test(arguments: [0o604, 0o644, 0o606, 0o660, 0o620, 0o602, 0o601, 0o777] as [mode_t])
    func `a file that others may read or change is refused`(_ mode: mode_t) throws {
        try withFile { path in
            try write(path, KeysTextTests.section("a", "roles = admin"), mode: mode)
            let problem = #expect(throws: KeysProblem.self) { try ring(path) }
            #expect(problem?.message.contains("chmod 600 \(path)") == true)
        }
    }

    @Test(arguments: [0o600, 0o400, 0o640, 0o440] as [mode_t])
    func `owner and group may read it`(_ mode: mode_t) throws {
        try withFile { path in
            try write(path, KeysTextTests.section("a", "roles = admin"), mode: mode)
            #expect(try ring(path).count == 1)
        }
    }

    @Test(arguments: ["/nonexistent/keys", "/tmp"])
    func `what is no file is refused`(_ path: String) {
        #expect(throws: KeysProblem.self) { try ring(path) }
    }
}
