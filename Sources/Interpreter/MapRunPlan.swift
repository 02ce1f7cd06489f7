package import JSONValue
package import StatesLanguage

/// Everything that is decided about a map run when it begins: what the engine needs to carry it out without asking
/// again, but for the items' selector.
package struct MapRunPlan: Sendable {
    /// `arn:P:states:R:A:mapRun:MACHINE/LABEL:UUID`
    package var arn: String
    /// The state's Label, or a UUID.
    package var label: String
    /// The Map state's place in the definition, ``State/pointer``.
    package var pointer: String
    package var executionType: DistributedMap.ExecutionType
    package var source: Source
    /// Child executions at the same time; 0 means no limit but the engine's.
    package var maxConcurrency: Int
    package var toleratedFailureCount: Int?
    package var toleratedFailurePercentage: Double?
    /// Whether each item has to go through ``Execution/childInput(ofMapRun:item:index:at:using:)``.
    package var selectsItems: Bool
    package var batching: Batching?
    package var results: Results

    package enum Source: Sendable, Equatable {
        case items([JSON])
        case object(ObjectRequest)
    }

    /// What an ItemReader asks of an object store.
    package struct ObjectRequest: Sendable, Equatable {
        package var action: ItemReader.Action
        /// Its Parameters or Arguments: `Bucket`, `Key`, `Prefix`, …
        package var parameters: JSON
        package var format: ItemReader.Format
        /// 0 means all; what is negative is refused by whoever reads.
        package var maxItems: Int

        package init(action: ItemReader.Action, parameters: JSON, format: ItemReader.Format, maxItems: Int) {
            self.action = action
            self.parameters = parameters
            self.format = format
            self.maxItems = maxItems
        }
    }

    package struct Batching: Sendable, Equatable {
        package var maxItems: Int?
        /// Bytes of one child's input.
        package var maxBytes: Int?
        package var input: JSON?
    }

    /// What becomes of the results.
    package struct Results: Sendable, Equatable {
        /// Nil: they are the state's output.
        package var destination: Destination?
        package var transformation: ResultWriter.Transformation
        package var outputType: ResultWriter.OutputType

        package struct Destination: Sendable, Equatable {
            package var bucket: String
            package var prefix: String
        }
    }
}

// MARK: As it is stored

extension MapRunPlan {
    /// The parts that no column of the map run's row holds.
    package var stored: JSON {
        var object = JSONObject()
        if case .object(let request) = source { object["reader"] = request.stored }
        if selectsItems { object["selectsItems"] = .bool(true) }
        if let batching {
            var entry = JSONObject()
            entry["maxItems"] = batching.maxItems.map { .int(Int64($0)) }
            entry["maxBytes"] = batching.maxBytes.map { .int(Int64($0)) }
            entry["input"] = batching.input
            object["batching"] = .object(entry)
        }
        var writer = JSONObject([
            ("transformation", .string(results.transformation.rawValue)),
            ("outputType", .string(results.outputType.rawValue)),
        ])
        if let destination = results.destination {
            writer["bucket"] = .string(destination.bucket)
            writer["prefix"] = .string(destination.prefix)
        }
        object["results"] = .object(writer)
        return .object(object)
    }

    /// Reads what ``stored`` wrote; what is missing is as if it had never been asked for.
    package static func parts(
        stored: JSON
    ) -> (reader: ObjectRequest?, selectsItems: Bool, batching: Batching?, results: Results) {
        let entry = stored["results"]
        let destination: Results.Destination? = entry?["bucket"]?.stringValue.map {
            Results.Destination(bucket: $0, prefix: entry?["prefix"]?.stringValue ?? "")
        }
        let results = Results(
            destination: destination,
            transformation: entry?["transformation"]?.stringValue.flatMap(ResultWriter.Transformation.init) ?? .none,
            outputType: entry?["outputType"]?.stringValue.flatMap(ResultWriter.OutputType.init) ?? .json)
        let batching = stored["batching"].map {
            Batching(
                maxItems: $0["maxItems"]?.intValue.map(Int.init), maxBytes: $0["maxBytes"]?.intValue.map(Int.init),
                input: $0["input"])
        }
        return (
            stored["reader"].map(ObjectRequest.init(stored:)), stored["selectsItems"] == .bool(true), batching, results
        )
    }
}

extension MapRunPlan.ObjectRequest {
    fileprivate var stored: JSON {
        var object = JSONObject([
            ("action", .string(action.rawValue)), ("parameters", parameters), ("maxItems", .int(Int64(maxItems))),
            ("delimiter", .string(format.delimiter.rawValue)),
            ("loadsListedObjects", .bool(format.loadsListedObjects)),
        ])
        object["inputType"] = format.inputType.map { .string($0.rawValue) }
        object["headerLocation"] = format.headerLocation.map { .string($0.rawValue) }
        object["headers"] = format.headers.map { .array($0.map(JSON.string)) }
        object["itemsPointer"] = format.itemsPointer.map(JSON.string)
        return .object(object)
    }

    fileprivate init(stored: JSON) {
        typealias Format = ItemReader.Format
        var format = Format()
        format.inputType = stored["inputType"]?.stringValue.flatMap(Format.InputType.init)
        format.headerLocation = stored["headerLocation"]?.stringValue.flatMap(Format.HeaderLocation.init)
        format.headers = stored["headers"]?.arrayValue?.compactMap(\.stringValue)
        format.delimiter = stored["delimiter"]?.stringValue.flatMap(Format.Delimiter.init) ?? .comma
        format.itemsPointer = stored["itemsPointer"]?.stringValue
        format.loadsListedObjects = stored["loadsListedObjects"] == .bool(true)
        self.init(
            action: stored["action"]?.stringValue.flatMap(ItemReader.Action.init) ?? .getObject,
            parameters: stored["parameters"] ?? .null, format: format,
            maxItems: stored["maxItems"]?.intValue.map(Int.init) ?? 0)
    }
}
