import JSONValue
import Telemetry
import WorkerSDK
import WorkerSupport

/// Welcomes users, each once.
enum EmailService {
    enum Delivery: Sendable {
        case maildir(Maildir)
        case smtp(SMTPClient)
    }

    struct Welcome: Decodable, Sendable, OfUser {
        var userId: String
        var email: String
        var name: String
    }

    struct Sent: Codable, Sendable, Equatable {
        var messageId: String
    }

    static func make(
        _ configuration: WorkerConfiguration, folder: String, faults: FaultOptions, delivery: Delivery, sender: String
    ) throws -> StubService {
        let ledger = try Ledger(
            folder: folder, file: "email.db", table: "messages",
            schema: """
                CREATE TABLE IF NOT EXISTS messages (
                    message_id TEXT PRIMARY KEY NOT NULL,
                    user_id    TEXT NOT NULL,
                    email      TEXT NOT NULL,
                    subject    TEXT NOT NULL,
                    sent_at    TEXT NOT NULL
                ) STRICT;
                """)
        var service = StubService(configuration, ledger: ledger, faults: faults)
        service.activity(
            "email-send-welcome",
            custom: { (welcome: Welcome, context: TaskContext) in
                try await send(welcome, context, ledger, delivery, sender)
            })
        return service
    }

    /// First the mail, then the record. A worker that dies in between sends again; into a Maildir that is the same file,
    /// by SMTP a second mail with the same Message-ID.
    private static func send(
        _ welcome: Welcome, _ context: TaskContext, _ ledger: Ledger, _ delivery: Delivery, _ sender: String
    ) async throws -> Sent {
        let unique = "welcome.\(Checks.stableName(welcome.userId, welcome.email))"
        let domain = sender.split(separator: "@").last.map(String.init) ?? "baton.example"
        let messageID = "<\(unique)@\(domain)>"
        let subject = "Welcome, \(welcome.name)!"
        let isSent = try await ledger.read { records in
            try records.first("SELECT 1 FROM messages WHERE message_id = ?", messageID) != nil
        }
        var failure: TaskFailure?
        if !isSent, let mail = try? mail(welcome, sender, messageID, subject) {
            do {
                try await deliver(mail, "\(unique).baton", to: welcome.email, from: sender, by: delivery)
            } catch let error as TaskFailure {
                failure = error
            }
        }
        return try await ledger.once("email-send-welcome", user: welcome.userId, context) { [failure] records in
            // Thrown here, because a refusal is a call on record too.
            if let failure { throw failure }
            _ = try mail(welcome, sender, messageID, subject)
            try records.execute(
                "INSERT OR IGNORE INTO messages (message_id, user_id, email, subject, sent_at) VALUES (?, ?, ?, ?, ?)",
                messageID, welcome.userId, welcome.email, subject, records.now)
            return Sent(messageId: messageID)
        }
    }

    private static func deliver(
        _ mail: MailMessage, _ name: String, to recipient: String, from sender: String, by delivery: Delivery
    ) async throws {
        switch delivery {
        case .maildir(let maildir): try maildir.deliver(mail.text(lineEnd: "\n"), name: name)
        case .smtp(let client): try await client.send(mail.text(lineEnd: "\r\n"), from: sender, to: recipient)
        }
    }

    private static func mail(
        _ welcome: Welcome, _ sender: String, _ messageID: String, _ subject: String
    ) throws(TaskFailure) -> MailMessage {
        try Checks.userID(welcome.userId, error: "Email.InvalidUserId")
        guard Checks.isEmail(welcome.email) else {
            throw TaskFailure(error: "Email.InvalidAddress", cause: "\(welcome.email) is not an e-mail address")
        }
        guard !welcome.name.isEmpty, welcome.name.count <= 200, !Checks.hasControls(welcome.name) else {
            throw TaskFailure(error: "Email.InvalidName", cause: "name has to be a text of 1 to 200 characters")
        }
        return MailMessage(
            from: .init(name: "Baton", address: sender),
            to: .init(name: welcome.name, address: welcome.email),
            subject: subject,
            date: WallTime.now(),
            messageID: messageID,
            body: """
                Hello \(welcome.name),

                your account is ready. Your user id is \(welcome.userId).

                See you soon!

                """)
    }
}
