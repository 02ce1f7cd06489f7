import JSONValue
import Orchestrator

/// Checks a request against its shape the way AWS does: a member of the wrong type is a `SerializationException`, all
/// broken constraints together are one `ValidationException`.
struct ShapeCheck {
    private var violations: [String] = []

    static func check(_ request: JSON, against members: [Shape.Member]) throws(ServiceError) {
        var check = ShapeCheck()
        try check.structure(request, members, at: "")
        guard check.violations.isEmpty else { throw Self.refusal(check.violations) }
    }

    /// `1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: …`
    private static func refusal(_ violations: [String]) -> ServiceError {
        let count = violations.count
        let title = count == 1 ? "1 validation error detected" : "\(count) validation errors detected"
        return ServiceError(.validation, "\(title): \(violations.joined(separator: "; "))")
    }

    private mutating func check(_ value: JSON, _ shape: Shape, at path: String) throws(ServiceError) {
        switch shape {
        case .string(let shape):
            guard case .string(let text) = value else { throw Self.mismatch(value, "a String") }
            string(text, shape, at: path)
        case .integer(let range):
            guard case .int(let number) = value else { throw Self.mismatch(value, "an Integer") }
            if let range { integer(number, range, at: path) }
        case .number(let range):
            guard let number = value.doubleValue else { throw Self.mismatch(value, "a Float") }
            self.number(number, value, range, at: path)
        case .boolean:
            guard case .bool = value else { throw Self.mismatch(value, "a Boolean") }
        case .list(let element, let bounds):
            guard case .array(let elements) = value else {
                throw ServiceError(.serialization, "Unexpected field type: '\(path)' has to be a list")
            }
            if let bounds { list(elements, bounds, at: path) }
            for (index, item) in elements.enumerated() {
                try check(item, element, at: "\(path).\(index + 1).member")
            }
        case .structure(let members):
            try structure(value, members, at: path)
        }
    }

    /// Members that the shape does not know are ignored, as AWS ignores them.
    private mutating func structure(_ value: JSON, _ members: [Shape.Member], at path: String) throws(ServiceError) {
        guard case .object(let object) = value else {
            let place = path.isEmpty ? "The request" : "'\(path)'"
            throw ServiceError(.serialization, "Unexpected field type: \(place) has to be an object")
        }
        for member in members {
            let place = path.isEmpty ? member.name : "\(path).\(member.name)"
            if let given = object[member.name], !given.isNull {
                try check(given, member.shape, at: place)
            } else if member.isRequired {
                violations.append("Value null at '\(place)' failed to satisfy constraint: Member must not be null")
            }
        }
    }

    private mutating func string(_ text: String, _ shape: StringShape, at path: String) {
        let bytes = text.utf8.count
        // A character has one to four bytes: mostly there is nothing to count.
        let isWithinLimits = bytes <= shape.maximum ?? .max && bytes / 4 >= shape.minimum ?? 0
        let length = shape.countsBytes || isWithinLimits ? bytes : text.unicodeScalars.count
        func add(_ constraint: String) {
            let value = shape.isSensitive ? "Value" : "Value '\(text)'"
            violations.append("\(value) at '\(path)' failed to satisfy constraint: \(constraint)")
        }
        if let minimum = shape.minimum, length < minimum {
            add("Member must have length greater than or equal to \(minimum)")
        }
        if let maximum = shape.maximum, length > maximum {
            add("Member must have length less than or equal to \(maximum)")
        }
        if let values = shape.values, !values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
            add("Member must satisfy enum value set: [\(values.joined(separator: ", "))]")
        }
        if let pattern = shape.pattern, !pattern.matches(text) {
            add("Member must satisfy regular expression pattern: \(pattern.text)")
        }
    }

    private mutating func list(_ elements: [JSON], _ bounds: ListBounds, at path: String) {
        let constraint: String
        if elements.count < bounds.lengths.lowerBound {
            constraint = "Member must have length greater than or equal to \(bounds.lengths.lowerBound)"
        } else if elements.count > bounds.lengths.upperBound {
            constraint = "Member must have length less than or equal to \(bounds.lengths.upperBound)"
        } else {
            return
        }
        // The form of Java's toString, which AWS shows.
        let shown = elements.map { element in
            let members = (element.objectValue ?? JSONObject()).map { key, value in
                "\(key)=\(value.stringValue ?? value.serialized())"
            }
            return "\(bounds.elementName)(\(members.joined(separator: ", ")))"
        }
        violations.append(
            "Value '[\(shown.joined(separator: ", "))]' at '\(path)' failed to satisfy constraint: \(constraint)")
    }

    private mutating func integer(_ number: Int64, _ range: ClosedRange<Int64>, at path: String) {
        let constraint: String
        if number < range.lowerBound {
            constraint = "Member must have value greater than or equal to \(range.lowerBound)"
        } else if number > range.upperBound {
            constraint = "Member must have value less than or equal to \(range.upperBound)"
        } else {
            return
        }
        violations.append("Value '\(number)' at '\(path)' failed to satisfy constraint: \(constraint)")
    }

    private mutating func number(_ number: Double, _ value: JSON, _ range: ClosedRange<Double>, at path: String) {
        guard !range.contains(number) else { return }
        let constraint =
            number < range.lowerBound
            ? "Member must have value greater than or equal to \(JSON.double(range.lowerBound).serialized())"
            : "Member must have value less than or equal to \(JSON.double(range.upperBound).serialized())"
        violations.append("Value '\(value.serialized())' at '\(path)' failed to satisfy constraint: \(constraint)")
    }

    /// The words of AWS's deserializer.
    private static func mismatch(_ value: JSON, _ wanted: String) -> ServiceError {
        let kind: String
        switch value {
        case .null: kind = "NULL"
        case .bool(true): kind = "TRUE_VALUE"
        case .bool(false): kind = "FALSE_VALUE"
        case .int, .double, .number: kind = "NUMBER_VALUE"
        case .string: kind = "STRING_VALUE"
        case .array, .object:
            return ServiceError(.serialization, "Start of structure or map found where not expected.")
        }
        return ServiceError(.serialization, "\(kind) can not be converted to \(wanted)")
    }
}
