import JSONValue
import WorkerSDK
import WorkerSupport

/// Keeps users. One id is one user, one address is one user.
enum AuthService {
    struct NewUser: Decodable, Sendable, OfUser {
        var userId: String
        var email: String
        var name: String
    }

    struct CreatedUser: Codable, Sendable, Equatable {
        var userId: String
        var authId: String
        var createdAt: String
    }

    static func make(_ configuration: WorkerConfiguration, folder: String, faults: FaultOptions) throws -> StubService {
        let ledger = try Ledger(
            folder: folder, file: "auth.db", table: "users",
            schema: """
                CREATE TABLE IF NOT EXISTS users (
                    user_id    TEXT PRIMARY KEY NOT NULL,
                    auth_id    TEXT NOT NULL,
                    email      TEXT NOT NULL,
                    name       TEXT NOT NULL,
                    created_at TEXT NOT NULL,
                    deleted_at TEXT
                ) STRICT;
                CREATE UNIQUE INDEX IF NOT EXISTS users_by_email ON users (email COLLATE NOCASE)
                    WHERE deleted_at IS NULL;
                """)
        var service = StubService(configuration, ledger: ledger, faults: faults)
        service.activity("auth-create-user", create)
        service.activity("auth-delete-user", delete)
        return service
    }

    @Sendable private static func create(_ user: NewUser, _ records: Records) throws -> CreatedUser {
        try Checks.userID(user.userId, error: "Auth.InvalidUserId")
        guard Checks.isEmail(user.email) else {
            throw TaskFailure(error: "Auth.InvalidEmail", cause: "\(user.email) is not an e-mail address")
        }
        guard !user.name.isEmpty, user.name.count <= 200, !Checks.hasControls(user.name) else {
            throw TaskFailure(error: "Auth.InvalidName", cause: "name has to be a text of 1 to 200 characters")
        }
        let existing = try records.first(
            "SELECT auth_id, email, created_at FROM users WHERE user_id = ? AND deleted_at IS NULL", user.userId)
        if let existing, let authId = existing["auth_id"]?.stringValue, let at = existing["created_at"]?.stringValue {
            // The same user again is a request that was made before; another one is not.
            guard existing["email"]?.stringValue?.lowercased() == user.email.lowercased() else {
                throw TaskFailure(
                    error: "Auth.UserExists", cause: "user \(user.userId) exists with another e-mail address")
            }
            return CreatedUser(userId: user.userId, authId: authId, createdAt: at)
        }
        if try records.first(
            "SELECT user_id FROM users WHERE email = ? COLLATE NOCASE AND deleted_at IS NULL", user.email) != nil
        {
            throw TaskFailure(error: "Auth.UserExists", cause: "\(user.email) belongs to another user")
        }
        let authId = "auth_\(Checks.stableName(user.userId, records.attempt))"
        try records.execute(
            "INSERT OR REPLACE INTO users (user_id, auth_id, email, name, created_at) VALUES (?, ?, ?, ?, ?)",
            user.userId, authId, user.email, user.name, records.now)
        return CreatedUser(userId: user.userId, authId: authId, createdAt: records.now)
    }

    @Sendable private static func delete(_ user: UserReference, _ records: Records) throws -> Deleted {
        try Checks.userID(user.userId, error: "Auth.InvalidUserId")
        try records.execute(
            "UPDATE users SET deleted_at = ? WHERE user_id = ? AND deleted_at IS NULL", records.now, user.userId)
        return Deleted(deleted: records.changes > 0)
    }
}
