/// A JSON text parsed together with the places of its values and keys, for diagnostics that name a line and a column.
public struct PositionedJSON: Sendable {
    public let value: JSON
    /// JSON Pointers of the keys that occur more than once in their object, in the order of the repetitions.
    public let duplicateKeys: [String]

    private let places: [UTF8Key: Place]
    private let lines: LineIndex

    struct Place {
        var value: Int
        /// Offset of the key's opening quote; nil for the root and for array elements.
        var key: Int?
    }

    public static func parse(_ text: String) throws(JSONError) -> PositionedJSON {
        let bytes = Array(text.utf8)
        let (value, recorder) = try bytes.withUnsafeBytes {
            JSONParser.parse($0, maximumDepth: JSON.maximumDepth, recorder: PlaceRecorder())
        }.get()
        return PositionedJSON(value: value, recorder: recorder, lines: LineIndex(bytes))
    }

    private init(value: JSON, recorder: PlaceRecorder, lines: LineIndex) {
        self.value = value
        self.lines = lines
        places = recorder.places
        duplicateKeys = recorder.duplicates
    }

    /// Line and column, from 1, where the value at a JSON Pointer begins; columns count characters.
    public func position(of pointer: String) -> (line: Int, column: Int)? {
        places[UTF8Key(pointer)].map { lines.position(ofByte: $0.value) }
    }

    /// Line and column, from 1, where the key of the member at a JSON Pointer begins.
    public func keyPosition(of pointer: String) -> (line: Int, column: Int)? {
        places[UTF8Key(pointer)]?.key.map { lines.position(ofByte: $0) }
    }
}

struct PlaceRecorder: PositionRecorder {
    private(set) var places: [UTF8Key: PositionedJSON.Place] = [:]
    private(set) var duplicates: [String] = []
    private var pointer = ""
    private var parentLengths: [Int] = []
    private var keyOffset: Int?

    mutating func beginValue(at offset: Int) {
        places[UTF8Key(pointer)] = .init(value: offset, key: keyOffset)
        keyOffset = nil
    }

    mutating func enter(key: String, at offset: Int, isDuplicate: Bool) {
        descend(to: JSONPointer.escape(key))
        keyOffset = offset
        if isDuplicate { duplicates.append(pointer) }
    }

    mutating func enter(index: Int) {
        descend(to: String(index))
        keyOffset = nil
    }

    mutating func leave() {
        guard let length = parentLengths.popLast() else { return }
        pointer.removeSubrange(pointer.utf8.index(pointer.startIndex, offsetBy: length)...)
    }

    private mutating func descend(to token: String) {
        parentLengths.append(pointer.utf8.count)
        pointer += "/"
        pointer += token
    }
}

/// Translates byte offsets into lines and columns. Lines end with LF or CR LF.
struct LineIndex: Sendable {
    private let bytes: [UInt8]
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    }

    func position(ofByte offset: Int) -> (line: Int, column: Int) {
        let offset = min(max(offset, 0), bytes.count)
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, String(decoding: bytes[starts[low]..<offset], as: UTF8.self).count + 1)
    }
}
