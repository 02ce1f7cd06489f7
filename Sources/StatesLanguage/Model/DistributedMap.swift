/// What makes a Map state distributed: `Mode` DISTRIBUTED. Each item, or batch of items, is an execution of its own.
///
/// Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html.
package struct DistributedMap: Sendable {
    package enum ExecutionType: String, Sendable, CaseIterable {
        case standard = "STANDARD"
        case express = "EXPRESS"
    }

    package var executionType: ExecutionType
    package var reader: ItemReader?
    package var batcher: ItemBatcher?
    package var writer: ResultWriter?

    package init(executionType: ExecutionType, reader: ItemReader?, batcher: ItemBatcher?, writer: ResultWriter?) {
        self.executionType = executionType
        self.reader = reader
        self.batcher = batcher
        self.writer = writer
    }
}

/// `ItemReader`: where the items come from, if not from the state's input.
package struct ItemReader: Sendable {
    package enum Action: String, Sendable { case getObject, listObjectsV2 }

    package var action: Action
    /// `Parameters`, or `Arguments` with JSONata: bucket, key or prefix.
    package var parameters: Template?
    package var format: Format
    /// 0 means all.
    package var maxItems: NumberSource<Int>?

    /// The part of `ReaderConfig` that is fixed.
    package struct Format: Sendable, Hashable {
        package enum InputType: String, Sendable, CaseIterable {
            case csv = "CSV"
            case json = "JSON"
            case jsonl = "JSONL"
            case manifest = "MANIFEST"
            case parquet = "PARQUET"
        }

        package enum HeaderLocation: String, Sendable, CaseIterable {
            case firstRow = "FIRST_ROW"
            case given = "GIVEN"
        }

        package enum Delimiter: String, Sendable, CaseIterable {
            case comma = "COMMA"
            case pipe = "PIPE"
            case semicolon = "SEMICOLON"
            case space = "SPACE"
            case tab = "TAB"
        }

        package var inputType: InputType?
        package var headerLocation: HeaderLocation?
        package var headers: [String]?
        package var delimiter = Delimiter.comma
        /// A JSON pointer (RFC 6901) to the items within the object.
        package var itemsPointer: String?
        /// `LOAD_AND_FLATTEN`: the objects of a listing are read, and their items are the items.
        package var loadsListedObjects = false

        package init() {}
    }

    package init(action: Action, parameters: Template?, format: Format, maxItems: NumberSource<Int>?) {
        self.action = action
        self.parameters = parameters
        self.format = format
        self.maxItems = maxItems
    }
}

/// `ItemBatcher`: several items go to one child execution, as `Items`, together with `BatchInput`.
package struct ItemBatcher: Sendable {
    package var maxItems: NumberSource<Int>?
    package var maxBytes: NumberSource<Int>?
    package var batchInput: Template?

    package init(maxItems: NumberSource<Int>?, maxBytes: NumberSource<Int>?, batchInput: Template?) {
        self.maxItems = maxItems
        self.maxBytes = maxBytes
        self.batchInput = batchInput
    }
}

/// `ResultWriter`: where the results go, if not into the state's output, and in which form.
package struct ResultWriter: Sendable {
    package enum Transformation: String, Sendable, CaseIterable {
        case none = "NONE"
        case compact = "COMPACT"
        case flatten = "FLATTEN"
    }

    package enum OutputType: String, Sendable, CaseIterable {
        case json = "JSON"
        case jsonl = "JSONL"
    }

    /// Whether they are written to a bucket at all; without `Resource` only their form is changed.
    package var exports: Bool
    package var parameters: Template?
    /// Nil where nothing is said: full records in a bucket, bare outputs in the state's output.
    package var transformation: Transformation?
    package var outputType: OutputType

    package init(exports: Bool, parameters: Template?, transformation: Transformation?, outputType: OutputType) {
        self.exports = exports
        self.parameters = parameters
        self.transformation = transformation
        self.outputType = outputType
    }
}

extension StateMachineDefinition {
    /// What a child execution of a distributed Map runs: the state's processor as a machine of its own.
    ///
    /// - Parameter pointer: The Map state's ``State/pointer``; nil if there is no distributed Map.
    package func child(ofMapAt pointer: String) -> StateMachineDefinition? {
        var processor: StatesBlock?
        states.forEachState { state in
            guard state.pointer.utf8.elementsEqual(pointer.utf8), case .map(let map) = state.kind,
                map.distributed != nil
            else { return }
            processor = map.processor
        }
        return processor.map {
            StateMachineDefinition(
                comment: nil, queryLanguage: queryLanguage, timeoutSeconds: nil, states: $0,
                hasCostlyFields: hasCostlyFields)
        }
    }
}
