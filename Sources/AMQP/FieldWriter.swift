/// Writes the entries of a table whose size is known before.
package struct FieldWriter {
    private var writer: WireWriter
    private var hasLongName = false

    init(_ room: UnsafeMutableRawBufferPointer) { writer = WireWriter(room) }

    var position: Int { writer.position }
    var isEncodable: Bool { writer.isWhole && !hasLongName }

    package static func size(_ name: String, _ text: String) -> Int { name.utf8.count + text.utf8.count + 6 }

    package static func size(_ name: String, _ number: Int64) -> Int {
        name.utf8.count + (Int32(exactly: number) == nil ? 10 : 6)
    }

    package mutating func put(_ name: String, _ text: String) {
        put(name: name)
        writer.put(FieldKind.text)
        var text = text
        text.withUTF8 { bytes in
            writer.put(UInt32(truncatingIfNeeded: bytes.count))
            writer.put(UnsafeRawBufferPointer(bytes))
        }
    }

    /// In 32 bits wherever they do, as `FieldTable` writes it.
    package mutating func put(_ name: String, _ number: Int64) {
        put(name: name)
        if let short = Int32(exactly: number) {
            writer.put(FieldKind.int32)
            writer.put(short)
        } else {
            writer.put(FieldKind.int64)
            writer.put(number)
        }
    }

    private mutating func put(name: String) {
        if name.utf8.count > 255 { hasLongName = true }
        writer.put(shortString: name)
    }
}
