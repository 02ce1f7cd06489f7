import JSONValue

/// Reading single fields. All return nil both for an absent field and for a wrong one, which they report.
extension DefinitionDecoder {
    mutating func checkFields(of node: SourceNode, allowed: Set<String>) {
        for (key, _) in node.members where !allowed.contains(key) {
            report("Field '\(key)' is not supported", at: node, key: key)
        }
    }

    /// Refuses the fields that belong to the other query language.
    mutating func checkLanguage(of node: SourceNode, allowed: Set<String>, _ language: QueryLanguage) {
        for (key, _) in node.members where allowed.contains(key) {
            let other: QueryLanguage
            switch language {
            case .jsonPath where FieldTable.jsonataOnly.contains(key): other = .jsonata
            case .jsonata where FieldTable.isJSONPathOnly(key): other = .jsonPath
            default: continue
            }
            report(
                """
                The QueryLanguage is set to '\(language.rawValue)', but field '\(key)' is only supported for the \
                '\(other.rawValue)' QueryLanguage
                """, at: node, key: key)
        }
    }

    mutating func require(_ keys: [String], of node: SourceNode) {
        let missing = keys.filter { !node.has($0) }
        guard !missing.isEmpty else { return }
        report("These fields are required: [\(missing.joined(separator: ", "))]", at: node)
    }

    mutating func atMostOne(of keys: [String], in node: SourceNode) {
        let present = keys.filter(node.has)
        guard present.count > 1 else { return }
        report(
            "There should only be one of the following fields: [\(keys.joined(separator: ", "))]", at: node,
            key: present[1])
    }

    /// Reports and answers false unless exactly one of the fields is there.
    mutating func exactlyOne(of keys: [String], in node: SourceNode) -> Bool {
        atMostOne(of: keys, in: node)
        let count = keys.count(where: node.has)
        if count == 0 {
            report(
                "This object should have only one of the following fields: [\(keys.joined(separator: ", "))]",
                at: node)
        }
        return count == 1
    }

    mutating func string(_ object: SourceNode, _ key: String) -> String? {
        guard let node = object[key] else { return nil }
        guard let text = node.value.stringValue else {
            report("Expected value of type String", at: node)
            return nil
        }
        return text
    }

    mutating func boolean(_ object: SourceNode, _ key: String) -> Bool? {
        guard let node = object[key] else { return nil }
        guard let flag = node.value.boolValue else {
            report("Expected value of type Boolean", at: node)
            return nil
        }
        return flag
    }

    mutating func integer(_ object: SourceNode, _ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = object[key] else { return nil }
        switch node.value {
        case .int(let value):
            guard let number = Int(exactly: value) else { break }
            if number < range.lowerBound {
                report("Minimum value is \(range.lowerBound)", at: node)
                return nil
            }
            guard number <= range.upperBound else { break }
            return number
        case .number(let literal):
            // An integer beyond 64 bits.
            if literal.utf8.first == UInt8(ascii: "-") {
                report("Minimum value is \(range.lowerBound)", at: node)
                return nil
            }
        default:
            report("Expected value of type Integer", at: node)
            return nil
        }
        report("Maximum value is \(range.upperBound)", at: node)
        return nil
    }

    mutating func number(
        _ object: SourceNode, _ key: String, minimum: Int? = nil, maximum: Int? = nil
    ) -> Double? {
        guard let node = object[key] else { return nil }
        guard let number = node.value.doubleValue, number.isFinite else {
            report("Expected value of type Number", at: node)
            return nil
        }
        if let minimum, number < Double(minimum) {
            report("Minimum value is \(minimum)", at: node)
            return nil
        }
        if let maximum, number > Double(maximum) {
            report("Maximum value is \(maximum)", at: node)
            return nil
        }
        return number
    }

    /// The elements of an array field. An empty array is reported unless it is allowed.
    mutating func array(_ object: SourceNode, _ key: String, allowEmpty: Bool = false) -> [SourceNode]? {
        guard let node = object[key] else { return nil }
        guard let elements = node.value.arrayValue else {
            report("Expected value of type Array", at: node)
            return nil
        }
        guard allowEmpty || !elements.isEmpty else {
            report("Value cannot be empty", at: node)
            return nil
        }
        return node.elements
    }
}
