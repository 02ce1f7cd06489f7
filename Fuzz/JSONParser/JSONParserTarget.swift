import JSONValue

/// Any bytes are parsed or refused; what was parsed is the same after it was written and read again, on one line or on
/// many.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONParser(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard let value = try? JSON(parsing: bytes) else { return 0 }
    let text = value.serialized()
    guard let again = try? JSON(parsing: text), again == value, again.serialized() == text else {
        fatalError("another value after it was written: \(text)")
    }
    guard let pretty = try? JSON(parsing: value.prettyPrinted()), pretty == value else {
        fatalError("another value after it was written on lines: \(text)")
    }
    return 0
}
