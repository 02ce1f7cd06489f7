import Interpreter
import JSONValue
import StatesLanguage
import Testing

/// Each example, run by the interpreter with services in memory.
@Suite struct ExampleRunTests {
    private func run(
        _ name: String, _ file: String = "input", service: Simulation.Service = Simulation.workers
    ) throws -> Simulation {
        try Simulation(Examples.text(name), input: Examples.input(name, file), service: service)
    }

    // MARK: Onboarding

    @Test func `onboarding keeps every step's result`() throws {
        let run = try run("onboarding")
        #expect(
            run.calls == [
                "auth-create-user ada", "billing-create-customer ada", "analytics-init-tracking ada",
                "email-send-welcome ada",
            ])
        #expect(run.outcome?.status == .succeeded)
        let output = run.outcome?.output
        #expect(output?["auth"]?["authId"] == "auth-1")
        #expect(output?["billing"] == ["customerId": "cus-1", "plan": "pro"])
        #expect(output?["analytics"]?["trackingId"] == "trk-1")
        #expect(output?["email"]?["messageId"] != nil)
    }

    @Test func `onboarding tries again what may pass`() throws {
        let run = try run("onboarding", "input-flaky")
        #expect(run.outcome?.status == .succeeded)
        #expect(run.calls.count { $0 == "billing-create-customer grace-billing-flaky" } == 3)
        #expect(run.duration == 3, "1 second before the second attempt, 2 before the third")
    }

    @Test func `a declined card undoes the user and nothing else`() throws {
        let run = try run("onboarding", "input-declined")
        #expect(
            run.calls == [
                "auth-create-user charles-billing-declined", "billing-create-customer charles-billing-declined",
                "auth-delete-user charles-billing-declined",
            ])
        #expect(run.outcome?.status == .failed)
        #expect(run.outcome?.failure?.error == "OnboardingFailed")
        let cause = try #require(run.outcome?.failure?.cause)
        #expect(cause.contains("Billing.CardDeclined"))
        #expect(cause.contains("of billing-create-customer"))
        #expect(cause.contains("charles-billing-declined"))
    }

    static let rollbacks: [(failing: String, undone: [String])] = [
        ("auth-create-user", []),
        ("billing-create-customer", ["auth-delete-user"]),
        ("analytics-init-tracking", ["billing-delete-customer", "auth-delete-user"]),
        ("email-send-welcome", ["analytics-delete-tracking", "billing-delete-customer", "auth-delete-user"]),
    ]

    @Test(arguments: rollbacks)
    func `rollback undoes exactly what was done, last step first`(
        _ row: (failing: String, undone: [String])
    ) throws {
        let run = try run("onboarding") { activity, input, attempt in
            activity == row.failing ? .failure("Broken") : Simulation.workers(activity, input, attempt)
        }
        #expect(run.outcome?.failure?.error == "OnboardingFailed")
        #expect(run.calls.filter { $0.contains("delete") } == row.undone.map { $0 + " ada" })
    }

    @Test func `a step that times out for good is undone as well`() throws {
        let run = try run("onboarding") { activity, input, attempt in
            activity == "analytics-init-tracking" ? .silence : Simulation.workers(activity, input, attempt)
        }
        #expect(run.outcome?.failure?.error == "OnboardingFailed")
        #expect(run.calls.count { $0.hasPrefix("analytics-init-tracking") } == 4)
        #expect(
            run.calls.suffix(3) == [
                "analytics-delete-tracking ada", "billing-delete-customer ada", "auth-delete-user ada",
            ])
    }

    @Test func `a rollback that fails for good says so`() throws {
        let run = try run("onboarding", "input-declined") { activity, input, attempt in
            activity == "auth-delete-user" ? .failure("Auth.Unavailable") : Simulation.workers(activity, input, attempt)
        }
        #expect(run.outcome?.failure?.error == "RollbackFailed")
        #expect(run.calls.count { $0.hasPrefix("auth-delete-user") } == 11)
        let cause = run.outcome?.failure?.cause ?? ""
        #expect(cause.contains("Billing.CardDeclined") && cause.contains("Auth.Unavailable"))
    }

    // MARK: The others

    @Test func `aggregator combines three answers`() throws {
        let run = try run("aggregator")
        #expect(run.mostOpen == 3)
        #expect(
            run.outcome?.output?["accounts"]
                == ["authId": "auth-1", "customerId": "cus-1", "plan": "pro", "trackingId": "trk-1"])
        #expect(
            run.outcome?.output?["summary"]
                == "Edsger Dijkstra has account auth-1, is customer cus-1 on plan pro and is tracked as trk-1")
    }

    @Test func `aggregator fails as a whole`() throws {
        let run = try run("aggregator") { activity, input, attempt in
            activity == "auth-create-user" ? .failure("Broken") : Simulation.workers(activity, input, attempt)
        }
        #expect(run.outcome?.failure?.error == "AggregationFailed")
        #expect(run.outcome?.failure?.cause?.contains("Broken") == true)
    }

    @Test func `saga takes every step`() throws {
        let run = try run("saga")
        #expect(run.outcome?.status == .succeeded)
        #expect(run.calls.count == 4)
        #expect(run.outcome?.output?["saga"]?["done"] == ["charge", ["tracking", ["account", []]]])
    }

    @Test func `saga compensates in the reverse order`() throws {
        let run = try run("saga", "input-declined")
        #expect(run.outcome?.failure?.error == "OrderFailed")
        #expect(
            run.calls.suffix(2) == [
                "analytics-delete-tracking alan-billing-declined", "auth-delete-user alan-billing-declined",
            ])
        #expect(run.calls.count == 5)
    }

    @Test func `saga does not compensate what it skipped`() throws {
        var input = try #require(try Examples.input("saga", "input-declined").objectValue)
        var order = try #require(input["order"]?.objectValue)
        order["tracking"] = false
        input["order"] = .object(order)
        let run = try Simulation(
            Examples.text("saga"), input: .object(input), service: Simulation.workers)
        #expect(run.outcome?.failure?.error == "OrderFailed")
        #expect(!run.calls.contains { $0.hasPrefix("analytics") })
        #expect(run.calls.last == "auth-delete-user alan-billing-declined")
    }

    @Test func `fan-out gathers who made it and who did not`() throws {
        let run = try run("fan-out")
        #expect(run.mostOpen == 3)
        let output = run.outcome?.output
        #expect(output?["total"] == 5)
        #expect(output?["welcomed"] == ["katherine", "dorothy", "mary-billing-flaky", "annie"])
        #expect(
            output?["refused"]
                == [["ok": false, "userId": "john-billing-declined", "error": "Billing.CardDeclined"]])
    }

    static let answers: [(answer: JSON, error: String?)] = [
        (["approved": true], nil), (["approved": false], "ApprovalRefused"), ([:], "ApprovalRefused"),
    ]

    @Test(arguments: answers)
    func `human approval follows the answer`(_ row: (answer: JSON, error: String?)) throws {
        let run = try run("human-approval") { activity, input, attempt in
            guard activity == "human-approval" else { return Simulation.workers(activity, input, attempt) }
            #expect(
                input["question"] == "May Margaret Hamilton (margaret@example.com) have the plan enterprise?")
            return .success(row.answer)
        }
        #expect(run.outcome?.failure?.error == row.error)
        #expect(run.calls.contains("email-send-welcome margaret") == (row.error == nil))
    }

    @Test func `human approval waits for a day`() throws {
        let run = try run("human-approval")
        #expect(run.outcome?.failure?.error == "ApprovalTimedOut")
        #expect(run.duration == 86_400)
    }
}
