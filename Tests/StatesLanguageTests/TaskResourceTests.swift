import StatesLanguage
import Testing

@Suite struct TaskResourceTests {
    static let cases: [(arn: String, target: TaskResource.Target, pattern: TaskResource.Pattern)] = [
        ("arn:aws:states:us-east-1:000000000000:activity:work", .activity(name: "work"), .requestResponse),
        ("arn:aws-cn:states:cn-north-1:123456789012:activity:a.b", .activity(name: "a.b"), .requestResponse),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", .function(name: "f"), .requestResponse),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:$LATEST", .function(name: "f"), .requestResponse),
        ("arn:aws:states:::lambda:invoke", .service(name: "lambda", action: "invoke"), .requestResponse),
        (
            "arn:aws:states:::lambda:invoke.waitForTaskToken", .service(name: "lambda", action: "invoke"),
            .waitForTaskToken
        ),
        ("arn:aws:states:::states:startExecution.sync", .service(name: "states", action: "startExecution"), .sync),
        ("arn:aws:states:::states:startExecution.sync:2", .service(name: "states", action: "startExecution"), .sync2),
        ("arn:aws:states:::aws-sdk:s3:getObject", .service(name: "aws-sdk:s3", action: "getObject"), .requestResponse),
        (
            "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken",
            .service(name: "aws-sdk:s3", action: "listBuckets"), .waitForTaskToken
        ),
    ]

    @Test(arguments: cases)
    func `an ARN is understood`(
        _ row: (arn: String, target: TaskResource.Target, pattern: TaskResource.Pattern)
    ) throws {
        let resource = try #require(TaskResource(parsing: row.arn))
        #expect(resource.arn == row.arn)
        #expect(resource.target == row.target)
        #expect(resource.pattern == row.pattern)
    }

    @Test(arguments: [
        "", "work", "arn:aws:s3:::bucket", "arn:aws:states:us-east-1:000000000000:activity:",
        "arn:aws:states:us-east-1:000000000000:activity", "arn:aws:states:us-east-1:000000000000:stateMachine:x",
        "arn:aws:states:us-east-1:000000000000:activity:a:b", "arn:aws:lambda:us-east-1:1:function:f:v:w",
        "arn:aws:states:::lambda", "arn:aws:states:::lambda:", "arn:aws:states:::lambda:invoke.later",
        "arn:aws:states:::lambda:.sync", "arn:aws:states:::a:b:c:d", "arn::states:::lambda:invoke",
        "arn:aws:states:::aws-sdk:getObject",
    ])
    func `anything else is not`(arn: String) {
        #expect(TaskResource(parsing: arn) == nil)
    }
}
