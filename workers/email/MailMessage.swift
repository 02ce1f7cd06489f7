import JSONValue

/// A plain-text mail, as RFC 5322 and MIME want it: ASCII lines whatever the names and the text are.
struct MailMessage: Sendable {
    struct Mailbox: Sendable {
        var name: String
        /// Has been checked: `local@domain` in ASCII.
        var address: String
    }

    var from: Mailbox
    var to: Mailbox
    var subject: String
    var date: Timestamp
    /// With its angle brackets.
    var messageID: String
    /// Lines end with `\n`.
    var body: String

    func text(lineEnd: String) -> String {
        let headers = [
            "From: \(MailEncoding.mailbox(from, after: 6))",
            "To: \(MailEncoding.mailbox(to, after: 4))",
            "Subject: \(MailEncoding.unstructured(subject, after: 9))",
            "Date: \(MailEncoding.date(date))",
            "Message-ID: \(messageID)",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "Auto-Submitted: auto-generated",
        ]
        let text = headers.joined(separator: "\n") + "\n\n" + MailEncoding.quotedPrintable(body)
        guard lineEnd != "\n" else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: lineEnd)
    }
}
