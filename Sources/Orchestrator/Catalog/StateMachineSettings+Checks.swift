package import JSONValue

extension StateMachineSettings.Tag {
    /// Letters, digits, white space and `_ . : / = + - @`, and no key that begins with `aws:`.
    func check() throws(ServiceError) {
        guard !key.lowercased().hasPrefix("aws:") else {
            throw ServiceError(
                .validation, "Tag key '\(key)' is not valid: keys beginning with 'aws:' are reserved for AWS")
        }
        for (what, text) in [("key", key), ("value", value)] where !text.unicodeScalars.allSatisfy(Self.isAllowed) {
            throw ServiceError(
                .validation,
                "Tag \(what) '\(text)' is not valid: tags may contain letters, digits, white space and _ . : / = + - @")
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", ".", ":", "/", "=", "+", "-", "@": return true
        default: break
        }
        let properties = scalar.properties
        if properties.isWhitespace { return true }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }
}

extension [StateMachineSettings.Tag] {
    init(stored: JSON?) {
        self = (stored?.arrayValue ?? []).map { tag in
            Element(key: tag["key"]?.stringValue ?? "", value: tag["value"]?.stringValue ?? "")
        }
    }

    /// Replaces those of the same key.
    mutating func add(_ newTags: [Element], to arn: String) throws(ServiceError) {
        for tag in newTags {
            try tag.check()
            if let index = firstIndex(where: { $0.key.utf8.elementsEqual(tag.key.utf8) }) {
                self[index] = tag
            } else {
                append(tag)
            }
        }
        guard count <= 50 else {
            throw ServiceError(.tooManyTags, "Too many tags: '\(arn)' would have \(count), and 50 are allowed")
        }
    }

    mutating func remove(_ keys: [String]) {
        removeAll { tag in keys.contains { $0.utf8.elementsEqual(tag.key.utf8) } }
    }
}

/// An `encryptionConfiguration`. It is stored and shown; Baton itself encrypts nothing.
package enum EncryptionSettings {
    package static let ownedKey: JSON = ["type": "AWS_OWNED_KEY"]

    /// As the answers show it.
    ///
    /// - Throws: `InvalidEncryptionConfiguration` where the key does not fit the type.
    package static func check(_ given: JSON) throws(ServiceError) -> JSON {
        let key = given["kmsKeyId"]?.stringValue
        let period = given["kmsDataKeyReusePeriodSeconds"]?.intValue
        guard given["type"]?.stringValue == "CUSTOMER_MANAGED_KMS_KEY" else {
            guard key == nil, period == nil else {
                throw invalid("kmsKeyId and kmsDataKeyReusePeriodSeconds must be null when type is AWS_OWNED_KEY")
            }
            return ownedKey
        }
        guard let key else { throw invalid("kmsKeyId must be specified when type is CUSTOMER_MANAGED_KMS_KEY") }
        return [
            "kmsKeyId": .string(key), "kmsDataKeyReusePeriodSeconds": .int(period ?? 300),
            "type": "CUSTOMER_MANAGED_KMS_KEY",
        ]
    }

    private static func invalid(_ reason: String) -> ServiceError {
        ServiceError(.invalidEncryptionConfiguration, "Invalid Encryption Configuration: \(reason)")
    }
}
