/// The model's shapes under their names.
extension Shape {
    static let name = Shape.string(1...80)
    static let arn = Shape.string(1...256)
    static let longARN = Shape.string(1...2000)
    static let definition = Shape.string(1...1_048_576, sensitive: true)
    static let payload = Shape.string(0...262_144, sensitive: true, bytes: true)
    static let taskToken = Shape.string(1...2048)
    static let clientToken = Shape.string(
        1...64,
        pattern: StringShape.Pattern(text: "[!-~]+") { text in text.utf8.allSatisfy { (0x21...0x7E).contains($0) } })
    static let errorName = Shape.string(0...256, sensitive: true)
    static let cause = Shape.string(0...32_768, sensitive: true)
    static let traceHeader = Shape.string(
        0...256,
        pattern: StringShape.Pattern(text: "\\p{ASCII}*") { text in text.utf8.allSatisfy { $0 < 0x80 } })
    static let pageSize = Shape.integer(0...1000)
    static let pageToken = Shape.string(1...1024)
    static let executionsPageToken = Shape.string(1...3096)
    static let stateMachineType = Shape.values(["STANDARD", "EXPRESS"])
    static let includedData = Shape.values(["ALL_DATA", "METADATA_ONLY"])
    static let versionDescription = Shape.string(0...256, sensitive: true)
    static let aliasName = Shape.string(
        1...80,
        pattern: StringShape.Pattern(
            text: #"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"#,
            matches: { text in
                !text.isEmpty && text.utf8.allSatisfy(isAliasByte)
                    && !text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }))
    static let routingConfiguration = Shape.list(
        .structure([.required("stateMachineVersionArn", arn), .required("weight", .integer(0...100))]),
        ListBounds(lengths: 1...2, elementName: "RoutingConfigurationListItem"))
    static let revisionID = Shape.string(StringShape())
    static let tagKey = Shape.string(1...128)

    static let executionStatus = Shape.values([
        "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE",
    ])

    static let tags = Shape.list(
        .structure([.optional("key", tagKey), .optional("value", .string(0...256))]))

    static let loggingConfiguration = Shape.structure([
        .optional("level", .values(["ALL", "ERROR", "FATAL", "OFF"])),
        .optional("includeExecutionData", .boolean),
        .optional(
            "destinations",
            .list(
                .structure([
                    .optional("cloudWatchLogsLogGroup", .structure([.optional("logGroupArn", arn)]))
                ]))),
    ])

    static let tracingConfiguration = Shape.structure([.optional("enabled", .boolean)])

    static let encryptionConfiguration = Shape.structure([
        .optional("kmsKeyId", .string(1...2048)),
        .optional("kmsDataKeyReusePeriodSeconds", .integer(60...900)),
        .required("type", .values(["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"])),
    ])

    @Sendable private static func isAliasByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
