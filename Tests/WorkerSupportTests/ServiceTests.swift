import Foundation
import JSONValue
import Testing
import WorkerSDK
import WorkerSupport

@Suite(.timeLimit(.minutes(10))) struct ServiceTests {
    private let ada = #"{"userId":"u1","email":"ada@example.org","name":"Ada","plan":"pro","more":1}"#

    @Test func `a user is created once and deleted once`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let created = try await ServiceBench.call(bench.auth, "auth-create-user", ada)
            let json = try JSON(parsing: created)
            #expect(json["userId"]?.stringValue == "u1")
            #expect(json["authId"]?.stringValue?.hasPrefix("auth_") == true)
            #expect(json["createdAt"]?.stringValue?.hasSuffix("Z") == true)
            #expect(try await ServiceBench.call(bench.auth, "auth-create-user", ada) == created)
            #expect(try await ServiceBench.call(bench.auth, "auth-delete-user", ada) == #"{"deleted":true}"#)
            #expect(try await ServiceBench.call(bench.auth, "auth-delete-user", ada) == #"{"deleted":false}"#)
            #expect(try await ServiceBench.call(bench.auth, "auth-create-user", ada) != created)
        }
    }

    @Test func `the same attempt has the same answer, also in another process`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            _ = try await ServiceBench.call(bench.auth, "auth-create-user", ada)
            let first = try await ServiceBench.call(bench.auth, "auth-delete-user", ada, key: "k")
            let restarted = try ServiceBench(bench.folder)
            let second = try await ServiceBench.call(restarted.auth, "auth-delete-user", ada, key: "k")
            #expect(first == #"{"deleted":true}"#)
            #expect(second == first)
        }
    }

    @Test(arguments: [
        (#"{"userId":"u2","email":"ada@example.org","name":"Eve"}"#, "Auth.UserExists"),
        (#"{"userId":"u2","email":"ADA@example.org","name":"Eve"}"#, "Auth.UserExists"),
        (#"{"userId":"u1","email":"eve@example.org","name":"Eve"}"#, "Auth.UserExists"),
        (#"{"userId":"u2","email":"nowhere","name":"Eve"}"#, "Auth.InvalidEmail"),
        (#"{"userId":"u2","email":"eve@example.org","name":""}"#, "Auth.InvalidName"),
        (#"{"userId":"","email":"eve@example.org","name":"Eve"}"#, "Auth.InvalidUserId"),
        (#"{"userId":"u2","email":"eve@example.org"}"#, "InvalidInput"),
        (#"{"userId":2,"email":"eve@example.org","name":"Eve"}"#, "InvalidInput"),
        ("[]", "InvalidInput"),
    ])
    func `a user that cannot be is refused by name`(input: String, error: String) async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            _ = try await ServiceBench.call(bench.auth, "auth-create-user", ada)
            #expect(try await ServiceBench.call(bench.auth, "auth-create-user", input) == error)
        }
    }

    @Test func `a customer is created once and deleted once`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let created = try await ServiceBench.call(bench.billing, "billing-create-customer", ada)
            #expect(try JSON(parsing: created)["plan"]?.stringValue == "pro")
            #expect(try await ServiceBench.call(bench.billing, "billing-create-customer", ada) == created)
            let other = ada.replacing("pro", with: "free")
            #expect(
                try await ServiceBench.call(bench.billing, "billing-create-customer", other)
                    == "Billing.CustomerExists")
            let unknown = ada.replacing("pro", with: "gold")
            #expect(
                try await ServiceBench.call(bench.billing, "billing-create-customer", unknown) == "Billing.UnknownPlan")
            #expect(try await ServiceBench.call(bench.billing, "billing-delete-customer", ada) == #"{"deleted":true}"#)
        }
    }

    @Test func `billing is unavailable twice, whichever process is asked and however often`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let flaky = ada.replacing("u1", with: "billing-flaky-1")
            let call = "billing-create-customer"
            #expect(try await ServiceBench.call(bench.billing, call, flaky, key: "1") == "Billing.Unavailable")
            #expect(try await ServiceBench.call(bench.billing, call, flaky, key: "1") == "Billing.Unavailable")
            let restarted = try ServiceBench(bench.folder)
            #expect(try await ServiceBench.call(restarted.billing, call, flaky, key: "2") == "Billing.Unavailable")
            #expect(try await ServiceBench.call(bench.billing, call, flaky, key: "3").contains("customerId"))
            let other = ada.replacing("u1", with: "billing-flaky-2")
            #expect(try await ServiceBench.call(bench.billing, call, other) == "Billing.Unavailable")
        }
    }

    @Test func `a declined card stays declined`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let declined = ada.replacing("u1", with: "billing-declined")
            for _ in 0..<4 {
                #expect(
                    try await ServiceBench.call(bench.billing, "billing-create-customer", declined)
                        == "Billing.CardDeclined")
            }
            #expect(
                try await ServiceBench.call(bench.billing, "billing-delete-customer", declined) == #"{"deleted":false}"#
            )
        }
    }

    @Test func `tracking starts once and ends once`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let started = try await ServiceBench.call(bench.analytics, "analytics-init-tracking", ada)
            #expect(started.contains("trackingId"))
            #expect(try await ServiceBench.call(bench.analytics, "analytics-init-tracking", ada) == started)
            #expect(
                try await ServiceBench.call(bench.analytics, "analytics-delete-tracking", ada) == #"{"deleted":true}"#)
        }
    }

    @Test func `a welcome is one file, also where the worker died over it`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let sent = try await ServiceBench.call(bench.email, "email-send-welcome", ada)
            let new = "\(bench.folder)/email/Maildir/new"
            let files = try FileManager.default.contentsOfDirectory(atPath: new)
            #expect(files.count == 1)
            #expect(sent.contains("@baton.example>"))
            // As if the process had died between the mail and its record.
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: "\(bench.folder)/email/email.db\(suffix)")
            }
            let restarted = try ServiceBench(bench.folder)
            #expect(try await ServiceBench.call(restarted.email, "email-send-welcome", ada) == sent)
            #expect(try FileManager.default.contentsOfDirectory(atPath: new) == files)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bench.folder)/email/Maildir/tmp") == [])
        }
    }

    @Test func `a bad address is refused, and on record`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            let bad = ada.replacing("ada@example.org", with: "a@b.io\\nBcc: all@example.org")
            #expect(try await ServiceBench.call(bench.email, "email-send-welcome", bad) == "Email.InvalidAddress")
            #expect(
                try bench.email.ledger.listing().json["calls"]?[0]?["outcome"]?.stringValue == "Email.InvalidAddress")
        }
    }

    @Test func `records are listed for people and programs`() async throws {
        try await ServiceBench.with { (bench: ServiceBench) async throws in
            #expect(try bench.auth.ledger.listing().text == "no users\n")
            _ = try await ServiceBench.call(bench.auth, "auth-create-user", ada)
            let listing = try bench.auth.ledger.listing()
            let lines = listing.text.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("user_id  auth_id") == true)
            #expect(lines.last?.hasSuffix("  -") == true)
            #expect(listing.json["users"]?.arrayValue?.count == 1)
            #expect(listing.json["calls"]?[0]?["outcome"]?.stringValue == "ok")
        }
    }

    @Test func `faults strike as asked`() async throws {
        try await ServiceBench.with(["--fail-count", "2", "--fail-error", "Some.Error"]) {
            (bench: ServiceBench) async throws in
            for expected in ["Some.Error", "Some.Error"] {
                #expect(try await ServiceBench.call(bench.auth, "auth-create-user", ada) == expected)
            }
            #expect(try await ServiceBench.call(bench.auth, "auth-create-user", ada).contains("authId"))
        }
        try await ServiceBench.with(["--fail-rate", "1"]) { (bench: ServiceBench) async throws in
            #expect(try await ServiceBench.call(bench.auth, "auth-create-user", ada) == "Worker.InjectedFault")
        }
    }

    @Test func `a hanging task ends when it is cancelled`() async throws {
        try await ServiceBench.with(["--hang"]) { (bench: ServiceBench) async throws in
            let input = ada
            await withTaskGroup(of: String?.self) { group in
                group.addTask { try? await ServiceBench.call(bench.auth, "auth-create-user", input) }
                group.cancelAll()
                let outcome = await group.next()
                #expect(outcome == "CancellationError")
            }
        }
    }
}
