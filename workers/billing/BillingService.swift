import JSONValue
import WorkerSDK
import WorkerSupport

/// Keeps customers, one per user.
enum BillingService {
    static let plans = ["free", "basic", "pro", "team", "enterprise"]

    struct NewCustomer: Decodable, Sendable, OfUser {
        var userId: String
        var email: String
        var plan: String
    }

    struct Customer: Codable, Sendable, Equatable {
        var customerId: String
        var plan: String
    }

    static func make(_ configuration: WorkerConfiguration, folder: String, faults: FaultOptions) throws -> StubService {
        let ledger = try Ledger(
            folder: folder, file: "billing.db", table: "customers",
            schema: """
                CREATE TABLE IF NOT EXISTS customers (
                    user_id     TEXT PRIMARY KEY NOT NULL,
                    customer_id TEXT NOT NULL,
                    email       TEXT NOT NULL,
                    plan        TEXT NOT NULL,
                    created_at  TEXT NOT NULL,
                    deleted_at  TEXT
                ) STRICT;
                """)
        var service = StubService(configuration, ledger: ledger, faults: faults)
        service.activity("billing-create-customer", create)
        service.activity("billing-delete-customer", delete)
        return service
    }

    @Sendable private static func create(_ customer: NewCustomer, _ records: Records) throws -> Customer {
        try Checks.userID(customer.userId, error: "Billing.InvalidUserId")
        guard Checks.isEmail(customer.email) else {
            throw TaskFailure(error: "Billing.InvalidEmail", cause: "\(customer.email) is not an e-mail address")
        }
        guard plans.contains(customer.plan) else {
            throw TaskFailure(
                error: "Billing.UnknownPlan",
                cause: "there is no plan \(customer.plan); there are \(plans.joined(separator: ", "))")
        }
        let existing = try records.first(
            "SELECT customer_id, plan FROM customers WHERE user_id = ? AND deleted_at IS NULL", customer.userId)
        if let existing, let id = existing["customer_id"]?.stringValue, let plan = existing["plan"]?.stringValue {
            guard plan == customer.plan else {
                throw TaskFailure(
                    error: "Billing.CustomerExists", cause: "user \(customer.userId) has the plan \(plan) already")
            }
            return Customer(customerId: id, plan: plan)
        }
        try refuse(customer, records)
        let id = "cus_\(Checks.stableName(customer.userId, records.attempt))"
        try records.execute(
            "INSERT OR REPLACE INTO customers (user_id, customer_id, email, plan, created_at) VALUES (?, ?, ?, ?, ?)",
            customer.userId, id, customer.email, customer.plan, records.now)
        return Customer(customerId: id, plan: customer.plan)
    }

    /// The two kinds of bad luck that a user can be named after.
    private static func refuse(_ customer: NewCustomer, _ records: Records) throws {
        if customer.userId.contains("billing-declined") {
            throw TaskFailure(error: "Billing.CardDeclined", cause: "the card of \(customer.userId) was declined")
        }
        if customer.userId.contains("billing-flaky") {
            let refusals = try records.calls(
                "billing-create-customer", user: customer.userId, outcome: "Billing.Unavailable")
            if refusals < 2 {
                throw TaskFailure(
                    error: "Billing.Unavailable", cause: "the payment provider does not answer (\(refusals + 1) of 2)")
            }
        }
    }

    @Sendable private static func delete(_ user: UserReference, _ records: Records) throws -> Deleted {
        try Checks.userID(user.userId, error: "Billing.InvalidUserId")
        try records.execute(
            "UPDATE customers SET deleted_at = ? WHERE user_id = ? AND deleted_at IS NULL", records.now, user.userId)
        return Deleted(deleted: records.changes > 0)
    }
}
