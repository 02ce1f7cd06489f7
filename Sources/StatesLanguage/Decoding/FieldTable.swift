/// Which fields each kind of object may have.
enum FieldTable {
    enum StateType: String, CaseIterable {
        case task = "Task"
        case wait = "Wait"
        case pass = "Pass"
        case succeed = "Succeed"
        case fail = "Fail"
        case choice = "Choice"
        case parallel = "Parallel"
        case map = "Map"
    }

    static let machine: Set<String> = ["Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"]
    static let branch: Set<String> = ["Comment", "StartAt", "States"]
    static let processor: Set<String> = ["Comment", "ProcessorConfig", "StartAt", "States"]
    static let retrier: Set<String> = [
        "BackoffRate", "Comment", "ErrorEquals", "IntervalSeconds", "JitterStrategy", "MaxAttempts", "MaxDelaySeconds",
    ]
    static let catcher: Set<String> = ["Assign", "Comment", "ErrorEquals", "Next", "Output", "ResultPath"]

    /// The fields of a state, whatever its query language.
    static func state(_ type: StateType) -> Set<String> {
        var fields: Set<String> = ["Comment", "QueryLanguage", "Type"]
        if type != .fail { fields.formUnion(["InputPath", "OutputPath", "Output"]) }
        if type != .fail && type != .succeed { fields.insert("Assign") }
        switch type {
        case .task, .wait, .pass, .parallel, .map: fields.formUnion(["Next", "End"])
        case .succeed, .fail, .choice: break
        }
        switch type {
        case .task, .parallel, .map:
            fields.formUnion(["Parameters", "ResultSelector", "ResultPath", "Retry", "Catch"])
        case .pass: fields.formUnion(["Parameters", "Result", "ResultPath"])
        default: break
        }
        switch type {
        case .task:
            fields.formUnion([
                "Arguments", "Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath", "Resource", "TimeoutSeconds",
                "TimeoutSecondsPath",
            ])
        case .parallel: fields.formUnion(["Arguments", "Branches"])
        case .map:
            fields.formUnion([
                "ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "Label", "MaxConcurrency",
                "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath",
                "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
            ])
            fields.formUnion(distributedMap)
        case .wait: fields.formUnion(["Seconds", "SecondsPath", "Timestamp", "TimestampPath"])
        case .choice: fields.formUnion(["Choices", "Default"])
        case .fail: fields.formUnion(["Cause", "CausePath", "Error", "ErrorPath"])
        case .pass, .succeed: break
        }
        return fields
    }

    static let distributedMap: [String] = ["ItemBatcher", "ItemReader", "ResultWriter"]

    /// Fields that only states with JSONata have.
    static let jsonataOnly: Set<String> = ["Arguments", "Condition", "Items", "Output"]

    /// Fields that only states with JSONPath have.
    static func isJSONPathOnly(_ field: String) -> Bool {
        ["And", "Not", "Or", "Parameters", "Result", "ResultSelector", "Variable"].contains(field)
            || field.hasSuffix("Path")
    }
}
