import JSONValue

/// Distributed Map: ProcessorConfig, ItemReader, ItemBatcher and ResultWriter.
///
/// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html lists the fields.
extension DefinitionDecoder {
    /// `ProcessorConfig`; answers how children run where the Map is distributed.
    mutating func processorConfiguration(_ node: SourceNode) -> DistributedMap.ExecutionType? {
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            return nil
        }
        checkFields(of: node, allowed: ["ExecutionType", "Mode"])
        let mode = choice(node, "Mode", of: ["INLINE", "DISTRIBUTED"])
        let executionType = choice(node, "ExecutionType", of: ["STANDARD", "EXPRESS"])
        guard mode == "DISTRIBUTED" else {
            if mode == "INLINE" || !node.has("Mode"), node.has("ExecutionType") {
                report("Field 'ExecutionType' is not supported", at: node, key: "ExecutionType")
            }
            return nil
        }
        require(["ExecutionType"], of: node)
        if type == .express, let field = node["Mode"] {
            report(
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", at: field)
        }
        return executionType.flatMap(DistributedMap.ExecutionType.init) ?? .standard
    }

    /// The fields of a Map state that only a distributed one has.
    mutating func distributedMap(
        _ node: SourceNode, _ executionType: DistributedMap.ExecutionType?, _ language: QueryLanguage
    ) -> DistributedMap? {
        let reader = itemReader(of: node, language)
        let batcher = itemBatcher(of: node, language)
        let writer = resultWriter(of: node, language)
        guard let executionType else {
            for field in FieldTable.distributedMap where node.has(field) {
                report("Field '\(field)' is not supported in 'INLINE' mode", at: node, key: field)
            }
            return nil
        }
        return DistributedMap(executionType: executionType, reader: reader, batcher: batcher, writer: writer)
    }

    // MARK: ItemReader

    private mutating func itemReader(of state: SourceNode, _ language: QueryLanguage) -> ItemReader? {
        guard let node = object(state, "ItemReader") else { return nil }
        let allowed: Set<String> = ["Arguments", "Parameters", "ReaderConfig", "Resource"]
        checkFields(of: node, allowed: allowed)
        checkLanguage(of: node, allowed: allowed, language)
        require(["Resource"], of: node)
        var action: ItemReader.Action?
        if let text = string(node, "Resource"), let field = node["Resource"] {
            action = Self.objectAction(text).flatMap(ItemReader.Action.init)
            if action == nil { report("The resource provided \(text) is not recognized.", at: field) }
        }
        let parameters = template(
            node, language == .jsonPath ? "Parameters" : "Arguments", language, at: "ItemReader/")
        var format = ItemReader.Format()
        var maxItems: NumberSource<Int>?
        if let configuration = object(node, "ReaderConfig") {
            (format, maxItems) = readerConfiguration(configuration, language)
        } else if action == .getObject {
            require(["ReaderConfig"], of: node)
        }
        return action.map { ItemReader(action: $0, parameters: parameters, format: format, maxItems: maxItems) }
    }

    private mutating func readerConfiguration(
        _ node: SourceNode, _ language: QueryLanguage
    ) -> (ItemReader.Format, NumberSource<Int>?) {
        typealias Format = ItemReader.Format
        let allowed: Set<String> = [
            "CSVDelimiter", "CSVHeaderLocation", "CSVHeaders", "InputType", "ItemsPointer", "ManifestType", "MaxItems",
            "MaxItemsPath", "Transformation",
        ]
        checkFields(of: node, allowed: allowed)
        checkLanguage(of: node, allowed: allowed, language)
        var format = Format()
        format.inputType = choice(node, "InputType", of: Format.InputType.allCases.map(\.rawValue))
            .flatMap(Format.InputType.init)
        format.headerLocation = choice(node, "CSVHeaderLocation", of: Format.HeaderLocation.allCases.map(\.rawValue))
            .flatMap(Format.HeaderLocation.init)
        format.delimiter =
            choice(node, "CSVDelimiter", of: Format.Delimiter.allCases.map(\.rawValue))
            .flatMap(Format.Delimiter.init) ?? .comma
        _ = choice(node, "ManifestType", of: ["ATHENA_DATA", "S3_INVENTORY"])
        format.loadsListedObjects =
            choice(node, "Transformation", of: ["NONE", "LOAD_AND_FLATTEN"]) == "LOAD_AND_FLATTEN"
        if let pointer = string(node, "ItemsPointer"), let field = node["ItemsPointer"] {
            if !pointer.isEmpty, pointer.utf8.first != UInt8(ascii: "/") {
                report("Value must be a valid JSONPointer.", at: field)
            }
            format.itemsPointer = pointer
        }
        format.headers = headers(of: node)
        if format.inputType == .csv, !node.has("CSVHeaderLocation") {
            require(["CSVHeaderLocation"], of: node)
        }
        if format.headerLocation == .given, !node.has("CSVHeaders") { require(["CSVHeaders"], of: node) }
        let maxItems = integerOrPath(
            node, "MaxItems", in: 0...100_000_000, language, at: "ItemReader/ReaderConfig/")
        return (format, maxItems)
    }

    private mutating func headers(of node: SourceNode) -> [String]? {
        guard let elements = array(node, "CSVHeaders") else { return nil }
        var headers: [String] = []
        for element in elements {
            if let text = element.value.stringValue {
                headers.append(text)
            } else {
                report("Expected value of type String", at: element)
            }
        }
        return headers
    }

    // MARK: ItemBatcher

    private mutating func itemBatcher(of state: SourceNode, _ language: QueryLanguage) -> ItemBatcher? {
        guard let node = object(state, "ItemBatcher") else { return nil }
        let allowed: Set<String> = [
            "BatchInput", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "MaxItemsPerBatch",
            "MaxItemsPerBatchPath",
        ]
        checkFields(of: node, allowed: allowed)
        checkLanguage(of: node, allowed: allowed, language)
        let limits = ["MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"]
        if !limits.contains(where: node.has) {
            report(
                "This object should have at least one of the following fields: [\(limits.joined(separator: ", "))]",
                at: node)
        }
        return ItemBatcher(
            maxItems: integerOrPath(node, "MaxItemsPerBatch", in: 1...99_999_999, language, at: "ItemBatcher/"),
            maxBytes: integerOrPath(node, "MaxInputBytesPerBatch", in: 1...262_144, language, at: "ItemBatcher/"),
            batchInput: template(node, "BatchInput", language, at: "ItemBatcher/"))
    }

    // MARK: ResultWriter

    private mutating func resultWriter(of state: SourceNode, _ language: QueryLanguage) -> ResultWriter? {
        guard let node = object(state, "ResultWriter") else { return nil }
        let allowed: Set<String> = ["Arguments", "Parameters", "Resource", "WriterConfig"]
        checkFields(of: node, allowed: allowed)
        checkLanguage(of: node, allowed: allowed, language)
        if !node.has("Resource"), !node.has("WriterConfig") { require(["Resource"], of: node) }
        if let text = string(node, "Resource"), let field = node["Resource"], Self.objectAction(text) != "putObject" {
            report("The resource provided \(text) is not recognized.", at: field)
        }
        var transformation: ResultWriter.Transformation?
        var outputType = ResultWriter.OutputType.json
        if let configuration = object(node, "WriterConfig") {
            checkFields(of: configuration, allowed: ["OutputType", "Transformation"])
            transformation = choice(
                configuration, "Transformation", of: ResultWriter.Transformation.allCases.map(\.rawValue)
            ).flatMap(ResultWriter.Transformation.init)
            outputType =
                choice(configuration, "OutputType", of: ResultWriter.OutputType.allCases.map(\.rawValue))
                .flatMap(ResultWriter.OutputType.init) ?? .json
        }
        return ResultWriter(
            exports: node.has("Resource"),
            parameters: template(
                node, language == .jsonPath ? "Parameters" : "Arguments", language, at: "ResultWriter/"),
            transformation: transformation, outputType: outputType)
    }

    // MARK: Parts

    /// The action of `arn:PARTITION:states:::s3:ACTION`.
    private static func objectAction(_ arn: String) -> String? {
        guard let resource = TaskResource(parsing: arn), resource.pattern == .requestResponse,
            case .service("s3", let action) = resource.target
        else { return nil }
        return action
    }

    private mutating func object(_ node: SourceNode, _ key: String) -> SourceNode? {
        guard let field = node[key] else { return nil }
        guard field.isObject else {
            report("Expected value of type Object", at: field)
            return nil
        }
        return field
    }

    /// A text that has to be one of several.
    private mutating func choice(_ node: SourceNode, _ key: String, of values: [String]) -> String? {
        guard let text = string(node, key), let field = node[key] else { return nil }
        guard values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
            report("Value should be one of the following: [\(values.joined(separator: ", "))]", at: field)
            return nil
        }
        return text
    }
}
