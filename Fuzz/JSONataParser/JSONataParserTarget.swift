import JSONata

/// Any text is parsed or refused with a code, and with a position that lies in it.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSONataParser(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    for (level, dialect) in [(CompatibilityLevel.v22, Dialect.jsonata), (.v206, .statesLanguage)] {
        do throws(JSONataError) {
            let expression = try Expression(text, level: level, dialect: dialect)
            _ = (expression.freeVariables, expression.statesFields, expression.isConstant)
            _ = expression.topLevelReference
        } catch {
            guard error.code.utf8.count == 5 else { fatalError("a code that is none: \(error.code)") }
            _ = error.message
            if let position = error.position, position < 0 || position > text.utf16.count {
                fatalError("position \(position) is not in the expression")
            }
        }
    }
    return 0
}
