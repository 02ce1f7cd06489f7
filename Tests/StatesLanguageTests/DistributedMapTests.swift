import StatesLanguage
import Testing

/// The fields of a distributed Map, and what is said where they are wrong.
@Suite struct DistributedMapTests {
    private static func machine(_ fields: String, mode: String = "DISTRIBUTED", states: String = "") -> String {
        let configuration = mode == "INLINE" ? "" : #","ExecutionType":"EXPRESS""#
        let processor = states.isEmpty ? #"{"Type":"Pass","End":true}"# : states
        return """
            {"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"outer":1},"Next":"M"},"M":{"Type":"Map","End":true,
            \(fields)"ItemProcessor":{"ProcessorConfig":{"Mode":"\(mode)"\(configuration)},
            "StartAt":"B","States":{"B":\(processor)}}}}}
            """
    }

    @Test func `everything that a distributed Map may have is read`() throws {
        let text = Self.machine(
            #"""
            "Label":"L","MaxConcurrency":5,
            "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key.$":"$.k"},
            "ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["x"],"CSVDelimiter":"PIPE",
            "MaxItemsPath":"$.n"}},
            "ItemBatcher":{"MaxItemsPerBatch":2,"MaxInputBytesPerBatchPath":"$.m","BatchInput":{"c":1}},
            "ResultWriter":{"Resource":"arn:aws-cn:states:::s3:putObject","Parameters":{"Bucket":"b"},
            "WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSONL"}},
            """#)
        let definition = try StateMachineDefinition.compile(text)
        guard case .map(let map)? = definition.states["M"]?.kind, let distributed = map.distributed else {
            Issue.record("it is not distributed")
            return
        }
        #expect(distributed.executionType == .express && map.label == "L")
        #expect(distributed.reader?.action == .getObject && distributed.reader?.format.inputType == .csv)
        #expect(distributed.reader?.format.headers == ["x"] && distributed.reader?.format.delimiter == .pipe)
        #expect(distributed.batcher?.batchInput != nil && distributed.batcher?.maxBytes != nil)
        #expect(distributed.writer?.transformation == .flatten && distributed.writer?.outputType == .jsonl)
        #expect(definition.child(ofMapAt: "/States/M")?.states.startAt == "B")
        #expect(definition.child(ofMapAt: "/States/A") == nil)
    }

    @Test(arguments: [
        (#""ItemReader":{"ReaderConfig":{"InputType":"JSON"}},"#, "These fields are required: [Resource]"),
        (
            #""ItemReader":{"Resource":"arn:aws:states:::s3:putObject"},"#,
            "The resource provided arn:aws:states:::s3:putObject is not recognized."
        ),
        (
            #""ItemReader":{"Resource":"arn:aws:states:::s3:getObject"},"#,
            "These fields are required: [ReaderConfig]"
        ),
        (
            #""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"XML"}},"#,
            "Value should be one of the following: [CSV, JSON, JSONL, MANIFEST, PARQUET]"
        ),
        (
            #""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV"}},"#,
            "These fields are required: [CSVHeaderLocation]"
        ),
        (
            #""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"MaxItems":-1}},"#,
            "Minimum value is 0"
        ),
        (#""ItemBatcher":{"MaxItemsPerBatch":0},"#, "Minimum value is 1"),
        (#""ResultWriter":{"Parameters":{}},"#, "These fields are required: [Resource]"),
        (#""ItemBatcher":1,"#, "Expected value of type Object"),
    ])
    func `wrong fields are found`(_ fields: String, _ message: String) {
        let (definition, diagnostics) = StateMachineDefinition.validate(Self.machine(fields))
        #expect(definition == nil)
        #expect(diagnostics.map(\.message).contains(message), "\(diagnostics.map(\.message))")
    }

    @Test func `an inline Map has none of them`() {
        let (definition, diagnostics) = StateMachineDefinition.validate(
            Self.machine(#""ItemBatcher":{"MaxItemsPerBatch":2},"#, mode: "INLINE"))
        #expect(definition == nil)
        #expect(diagnostics.map(\.message) == ["Field 'ItemBatcher' is not supported in 'INLINE' mode"])
    }

    @Test func `children see no variables of the states around them`() {
        let state = #"{"Type":"Pass","Parameters":{"a.$":"$outer"},"End":true}"#
        let warnings = StateMachineDefinition.validate(Self.machine("", states: state)).diagnostics
        #expect(warnings.map(\.message) == ["Variable 'outer' is possibly not defined."])
        #expect(StateMachineDefinition.validate(Self.machine("", mode: "INLINE", states: state)).diagnostics.isEmpty)
    }
}
