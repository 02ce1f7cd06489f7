import Crypto

/// A secret that nothing prints: neither a description nor a dump shows it.
package struct SecretText: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// For signing and for comparing only.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "[secret]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Takes the same time wherever the two differ.
    package func equals(_ other: String) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = HMAC<SHA256>.authenticationCode(for: Array(revealed.utf8), using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(Array(code), authenticating: Array(other.utf8), using: key)
    }

    package static func == (left: Self, right: Self) -> Bool { left.equals(right.revealed) }
}

/// Who signs.
package struct SigningCredentials: Sendable, Hashable {
    package var accessKeyID: String
    package var secret: SecretText
    package var sessionToken: SecretText?

    package init(accessKeyID: String, secret: SecretText, sessionToken: SecretText? = nil) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
    }
}

/// For which day, region and service a signature is good.
package struct CredentialScope: Sendable, Hashable, CustomStringConvertible {
    /// `20150830`
    package var date: String
    package var region: String
    package var service: String

    package init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    package var description: String { "\(date)/\(region)/\(service)/aws4_request" }
}

/// The key that the secret becomes for one scope. Deriving it takes four rounds of HMAC: whoever checks many
/// signatures may keep it for the day.
package struct SigningKey: Sendable {
    private let key: SymmetricKey
    private let scope: CredentialScope

    package init(secret: SecretText, scope: CredentialScope) {
        var key = SymmetricKey(data: Array("AWS4\(secret.revealed)".utf8))
        for part in [scope.date, scope.region, scope.service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        self.key = key
        self.scope = scope
    }

    /// The signature, in hexadecimal.
    package func signature(of request: CanonicalRequest, at time: SigningTime) -> String {
        Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: stringToSign(request, time), using: key))
    }

    /// Takes the same time wherever the two signatures differ.
    package func isValid(_ signature: String, of request: CanonicalRequest, at time: SigningTime) -> Bool {
        guard let bytes = Hexadecimal.decode(signature) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(bytes, authenticating: stringToSign(request, time), using: key)
    }

    private func stringToSign(_ request: CanonicalRequest, _ time: SigningTime) -> [UInt8] {
        Array("\(SignatureClaim.algorithm)\n\(time)\n\(scope)\n\(request.hash)".utf8)
    }
}
