package import JSONValue
package import SignatureV4

/// What a key may do. A key can have several.
package enum Role: String, Sendable, Hashable, CaseIterable {
    /// Everything.
    case admin
    /// Look, start, stop and redrive.
    case `operator`
    /// Take tasks and answer them.
    case worker
    /// Look.
    case reader
}

/// One who may call the API.
package struct AccessKey: Sendable, Hashable {
    /// The section of the keys file; names the key in logs and refusals.
    package var name: String
    package var id: String
    package var secret: SecretText
    /// Where it has one, requests have to carry it.
    package var sessionToken: SecretText?
    package var roles: Set<Role>
    /// The activities that a worker's key is good for; nil means all. A `*` at the end stands for anything.
    package var activities: [String]?
    package var expiresAt: Timestamp?

    package init(
        name: String, id: String, secret: SecretText, sessionToken: SecretText? = nil, roles: Set<Role>,
        activities: [String]? = nil, expiresAt: Timestamp? = nil
    ) {
        self.name = name
        self.id = id
        self.secret = secret
        self.sessionToken = sessionToken
        self.roles = roles
        self.activities = activities
        self.expiresAt = expiresAt
    }
}

/// Makes the two halves of a key.
package enum KeyGenerator {
    /// 20 characters as AWS's have, 40 for the secret: 95 and 238 bits of the system's randomness.
    package static func make(
        using generator: inout some RandomNumberGenerator
    ) -> (id: String, secret: SecretText) {
        let capitals = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        func text(_ alphabet: [Character], _ count: Int) -> String {
            String((0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
        }
        return ("B" + text(capitals, 19), SecretText(text(letters, 40)))
    }
}
