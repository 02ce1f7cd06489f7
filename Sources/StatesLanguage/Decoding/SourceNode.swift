import JSONValue

/// A value of the definition together with where it stands.
struct SourceNode {
    let value: JSON
    /// JSON Pointer (RFC 6901), the key to line and column.
    let pointer: String
    /// The place as AWS writes it: elements in brackets, keys as they are.
    let location: String

    init(root: JSON) {
        value = root
        pointer = ""
        location = ""
    }

    private init(value: JSON, pointer: String, location: String) {
        self.value = value
        self.pointer = pointer
        self.location = location
    }

    var isObject: Bool { value.objectValue != nil }

    func has(_ key: String) -> Bool { value.objectValue?[key] != nil }

    subscript(key: String) -> SourceNode? {
        value.objectValue?[key].map { child(key, $0) }
    }

    private func child(_ key: String, _ value: JSON) -> SourceNode {
        SourceNode(
            value: value, pointer: JSONPointer.appending(key, to: pointer), location: location + "/" + key)
    }

    /// The members of an object, in order; none for anything else.
    var members: [(key: String, node: SourceNode)] {
        (value.objectValue?.members ?? []).map { ($0.key, child($0.key, $0.value)) }
    }

    /// The elements of an array; none for anything else.
    var elements: [SourceNode] {
        (value.arrayValue ?? []).enumerated().map { index, element in
            SourceNode(
                value: element, pointer: JSONPointer.appending(index, to: pointer), location: "\(location)[\(index)]")
        }
    }
}
