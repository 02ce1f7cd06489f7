import JSONValue
import RegularExpression
import StatesLanguage

/// What the service behind a Task answers, for checking a mock of it.
///
/// Fields that the service's model does not know are left alone, as AWS leaves them: results have some that come from
/// the SDK.
struct MockedOutput {
    private let model: ServiceModel
    private let structure: String
    /// Fields that Step Functions hands on in another form than the service has them.
    private let free: Set<String>

    /// Nil for what no model is known of: functions, activities, HTTP, and answers that come by another way.
    init?(of resource: TaskResource) {
        guard case .service(let name, var action) = resource.target else { return nil }
        var service = name
        var free: Set<String> = []
        if name.hasPrefix("aws-sdk:") {
            service = String(name.dropFirst("aws-sdk:".count))
        } else {
            service = Self.optimized[name] ?? name
            if (name, action) == ("lambda", "invoke") { free = ["Payload"] }
            if (name, action) == ("bedrock", "invokeModel") { free = ["Body"] }
        }
        switch resource.pattern {
        case .requestResponse: break
        case .waitForTaskToken: return nil
        case .sync, .sync2:
            // The answer is the execution, looked at after its end.
            guard (name, action) == ("states", "startExecution") else { return nil }
            action = "describeExecution"
            free = ["Input", "Output", "StartDate", "StopDate"]
        }
        guard let model = ServiceModel(service: service), let structure = model.output(of: action) else { return nil }
        self.model = model
        self.structure = structure
        self.free = free
    }

    /// Where the name in an optimized integration is another than the SDK's.
    private static let optimized = [
        "states": "sfn", "events": "eventbridge", "elasticmapreduce": "emr", "bedrock": "bedrockruntime",
        "emr-containers": "emrcontainers", "emr-serverless": "emrserverless",
    ]

    /// - Parameter isStrict: Whether required fields have to be there.
    func check(_ value: JSON, isStrict: Bool) throws(StateTestError) {
        guard case .object(let object) = value else { throw Self.invalid("Mocked result must be a JSON object") }
        try check(object, structure, isStrict: isStrict, leaving: free)
    }

    private func check(
        _ object: JSONObject, _ structure: String, isStrict: Bool, leaving free: Set<String> = []
    ) throws(StateTestError) {
        for (name, type) in model.fields(of: structure) {
            let isRequired = name.hasSuffix("!")
            let field = isRequired ? String(name.dropLast()) : name
            guard let (key, value) = Self.member(field, of: object), !value.isNull else {
                if isRequired && isStrict { throw Self.invalid("Required field '\(field)' is missing") }
                continue
            }
            guard !free.contains(field) else { continue }
            try check(value, ValueType(type.stringValue ?? "*"), key, isStrict)
        }
    }

    /// The member of this name. Some of the older integrations spell acronyms in capitals: `MD5OfMessageBody`.
    private static func member(_ field: String, of object: JSONObject) -> (key: String, value: JSON)? {
        if let value = object[field] { return (field, value) }
        let lowercased = field.lowercased()
        for (key, value) in object where key.first?.isUppercase == true && key.lowercased() == lowercased {
            return (key, value)
        }
        return nil
    }

    private func check(
        _ value: JSON, _ type: ValueType, _ field: String, _ isStrict: Bool
    ) throws(StateTestError) {
        switch type {
        case .anything: break
        case .timestamp:
            guard value.stringValue != nil else { throw Self.mismatch(field, "a string") }
        case .boolean:
            guard value.boolValue != nil else { throw Self.mismatch(field, "a boolean") }
        case .number(let range):
            guard let number = value.doubleValue else { throw Self.mismatch(field, "a number") }
            try Self.check(number, range, field, "value")
        case .string(let length, let pattern):
            guard let text = value.stringValue else { throw Self.mismatch(field, "a string") }
            try Self.check(Double(text.unicodeScalars.count), length, field, "length")
            if let pattern, !Self.matches(text, pattern) {
                throw Self.invalid("Field '\(field)' does not match the expected pattern")
            }
        case .blob(let length):
            guard let text = value.stringValue else { throw Self.mismatch(field, "a string") }
            try Self.check(Double(text.utf8.count), length, field, "length")
        case .oneOf(let values):
            guard let text = value.stringValue else { throw Self.mismatch(field, "a string") }
            guard values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
                throw Self.invalid("Field '\(field)' is not an expected value")
            }
        case .list(let element):
            guard let elements = value.arrayValue else { throw Self.mismatch(field, "an array") }
            for item in elements { try check(item, element, field, isStrict) }
        case .map(let element):
            guard let object = value.objectValue else { throw Self.mismatch(field, "an object") }
            for (key, item) in object { try check(item, element, key, isStrict) }
        case .structure(let name):
            guard let object = value.objectValue else { throw Self.mismatch(field, "an object") }
            try check(object, name, isStrict: isStrict)
        }
    }

    private static func check(
        _ number: Double, _ range: ValueType.Bounds, _ field: String, _ measure: String
    ) throws(StateTestError) {
        if let least = range.least, number < least {
            throw invalid("Field '\(field)' is smaller than the minimum \(measure)")
        }
        if let most = range.most, number > most {
            throw invalid("Field '\(field)' exceeds the maximum \(measure)")
        }
    }

    /// A pattern that cannot be read excludes nothing, nor does a text on which it takes too long.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        var budget = 100_000
        guard let expression = try? RegularExpression(pattern, dialect: .java) else { return true }
        return (try? expression.matchesWhole(text, budget: &budget)) ?? true
    }

    private static func mismatch(_ field: String, _ kind: String) -> StateTestError {
        invalid("Field '\(field)' must be \(kind)")
    }

    private static func invalid(_ reason: String) -> StateTestError {
        StateTestError(.invalidRequest, "Mock result schema validation error: \(reason)")
    }
}
