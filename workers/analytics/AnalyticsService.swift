import JSONValue
import WorkerSDK
import WorkerSupport

/// Keeps who is tracked.
enum AnalyticsService {
    struct Tracking: Codable, Sendable, Equatable {
        var trackingId: String
    }

    static func make(_ configuration: WorkerConfiguration, folder: String, faults: FaultOptions) throws -> StubService {
        let ledger = try Ledger(
            folder: folder, file: "analytics.db", table: "trackings",
            schema: """
                CREATE TABLE IF NOT EXISTS trackings (
                    user_id     TEXT PRIMARY KEY NOT NULL,
                    tracking_id TEXT NOT NULL,
                    created_at  TEXT NOT NULL,
                    deleted_at  TEXT
                ) STRICT;
                """)
        var service = StubService(configuration, ledger: ledger, faults: faults)
        service.activity("analytics-init-tracking", create)
        service.activity("analytics-delete-tracking", delete)
        return service
    }

    @Sendable private static func create(_ user: UserReference, _ records: Records) throws -> Tracking {
        try Checks.userID(user.userId, error: "Analytics.InvalidUserId")
        let existing = try records.first(
            "SELECT tracking_id FROM trackings WHERE user_id = ? AND deleted_at IS NULL", user.userId)
        if let id = existing?["tracking_id"]?.stringValue { return Tracking(trackingId: id) }
        let id = "trk_\(Checks.stableName(user.userId, records.attempt))"
        try records.execute(
            "INSERT OR REPLACE INTO trackings (user_id, tracking_id, created_at) VALUES (?, ?, ?)",
            user.userId, id, records.now)
        return Tracking(trackingId: id)
    }

    @Sendable private static func delete(_ user: UserReference, _ records: Records) throws -> Deleted {
        try Checks.userID(user.userId, error: "Analytics.InvalidUserId")
        try records.execute(
            "UPDATE trackings SET deleted_at = ? WHERE user_id = ? AND deleted_at IS NULL", records.now, user.userId)
        return Deleted(deleted: records.changes > 0)
    }
}
