import Foundation
import JSONValue
import Testing

@testable import email_worker

@Suite struct MailTests {
    @Test func `a mail is ASCII lines of the right length`() throws {
        let mail = MailMessage(
            from: .init(name: "Baton", address: "hello@baton.example"),
            to: .init(name: "Çağla Öztürk-Gümüşsoy, die mit dem sehr langen Namen 👩‍🚀", address: "c@example.org"),
            subject: "Willkommen, Çağla Öztürk-Gümüşsoy, die mit dem sehr langen Namen!",
            date: Timestamp(milliseconds: 1_700_000_000_000),
            messageID: "<1@baton.example>",
            body: "Zeile mit = und Umlaut ü \n" + String(repeating: "lang ", count: 40) + "\n.\n")
        let text = mail.text(lineEnd: "\r\n")
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 })
        #expect(text.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) })
        #expect(!text.replacing("\r\n", with: "").contains("\n"))
        #expect(lines.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"))
        #expect(lines.contains("Zeile mit =3D und Umlaut =C3=BC=20"))
        let subject = lines.drop { !$0.hasPrefix("Subject:") }.prefix { $0.hasPrefix("Subject:") || $0.hasPrefix(" ") }
        #expect(decoded(subject.joined().dropFirst(9)) == mail.subject)
    }

    /// Reads encoded words as RFC 2047 says: white space between two of them is nothing.
    private func decoded(_ header: Substring) -> String {
        var bytes: [UInt8] = []
        for word in header.split(separator: " ") {
            #expect(word.utf8.count <= 75)
            #expect(word.hasPrefix("=?utf-8?Q?") && word.hasSuffix("?="))
            var rest = word.dropFirst(10).dropLast(2).utf8[...]
            // Every word is whole characters, so that it can be shown alone.
            let start = bytes.count
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "_"): bytes.append(0x20)
                case UInt8(ascii: "="):
                    bytes.append(UInt8(Substring(rest.prefix(2)), radix: 16) ?? 0)
                    rest = rest.dropFirst(2)
                default: bytes.append(byte)
                }
            }
            #expect(String(validating: bytes[start...], as: UTF8.self) != nil)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("Ada Lovelace", "Ada Lovelace <a@b.io>"),
        ("Lovelace, Ada", "\"Lovelace, Ada\" <a@b.io>"),
        (#"A "the" B\C"#, #""A \"the\" B\\C" <a@b.io>"#),
        ("Ünal", "=?utf-8?Q?=C3=9Cnal?= <a@b.io>"),
        ("=?x?=", "=?utf-8?Q?=3D=3Fx=3F=3D?= <a@b.io>"),
        ("", "a@b.io"),
    ])
    func `names in addresses are quoted or encoded`(name: String, written: String) {
        #expect(MailEncoding.mailbox(.init(name: name, address: "a@b.io"), after: 4) == written)
    }

    @Test(arguments: [
        ("plain\n", "plain\n"), ("a=b", "a=3Db"), ("tab\t", "tab=09"), ("end \nx", "end=20\nx"), ("ü", "=C3=BC"),
    ])
    func `bodies are quoted-printable`(text: String, written: String) {
        #expect(MailEncoding.quotedPrintable(text) == written)
    }

    @Test func `long lines are broken softly`() {
        let text = String(repeating: "ü", count: 100) + String(repeating: "x", count: 200)
        let written = MailEncoding.quotedPrintable(text)
        let lines = written.split(separator: "\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix("=") })
        #expect(
            written.replacing("=\n", with: "")
                == String(repeating: "=C3=BC", count: 100) + String(repeating: "x", count: 200))
    }

    @Test func `a message that was read counts as delivered`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "baton-maildir-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let maildir = try Maildir(folder)
        try maildir.deliver("one", name: "a.baton")
        try FileManager.default.moveItem(atPath: "\(folder)/new/a.baton", toPath: "\(folder)/cur/a.baton:2,S")
        try maildir.deliver("two", name: "a.baton")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/new") == [])
        try maildir.deliver("three", name: "a.bat")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/new") == ["a.bat"])
    }

    @Test(
        arguments: [
            ("localhost:1025", "localhost", "1025"), ("[::1]:25", "::1", "25"), ("localhost", nil, nil),
            (":25", nil, nil),
            ("host:port", nil, nil), ("host:0", nil, nil),
        ] as [(String, String?, String?)])
    func `servers are host and port`(text: String, host: String?, port: String?) {
        let client = SMTPClient(server: text)
        #expect(client?.host == host)
        #expect(client?.port == port)
    }
}
