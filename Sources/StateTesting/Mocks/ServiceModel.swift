import CServiceModels
import JSONValue

/// What the operations of one AWS service answer. The data come from scripts/service-models.py, which says how they
/// are written.
struct ServiceModel {
    private let model: JSON

    /// - Parameter name: As in `arn:aws:states:::aws-sdk:NAME:action`. Nil for a service that is not among the data.
    init?(service name: String) {
        let all = UnsafeRawBufferPointer(start: baton_service_outputs(), count: baton_service_outputs_length())
        let wanted = Array("\(name)\t".utf8)
        let line = all.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: wanted) }
        guard let line, let model = try? JSON(parsing: UnsafeRawBufferPointer(rebasing: line.dropFirst(wanted.count)))
        else { return nil }
        self.model = model
    }

    /// The name of the structure that an operation answers; nil for one that is unknown or answers nothing.
    func output(of operation: String) -> String? { model["o"]?[operation]?.stringValue }

    /// Types by field, in the model's order; a name that ends with `!` is required.
    func fields(of structure: String) -> JSONObject { model["s"]?[structure]?.objectValue ?? JSONObject() }
}
