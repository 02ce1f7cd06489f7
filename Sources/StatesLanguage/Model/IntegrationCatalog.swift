/// Which service integrations exist, and with which patterns: the ones that a `Resource` may name.
///
/// Follows https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html. Whether Baton can carry one
/// out shows when it is called: a definition that uses another is accepted, and its state fails.
enum IntegrationCatalog {
    static func contains(_ resource: TaskResource) -> Bool {
        guard case .service(let service, let action) = resource.target else { return true }
        if service.hasPrefix("aws-sdk:") {
            // There is one for every operation of every service, without '.sync'.
            return action.utf8.first.map { (0x61...0x7A).contains($0) } == true
                && (resource.pattern == .requestResponse || resource.pattern == .waitForTaskToken)
        }
        guard let actions = optimized[service] else { return false }
        return actions[action]?.contains(resource.pattern) ?? false
    }

    private static let call: Set<TaskResource.Pattern> = [.requestResponse]
    private static let callback: Set<TaskResource.Pattern> = [.requestResponse, .waitForTaskToken]
    private static let job: Set<TaskResource.Pattern> = [.requestResponse, .sync]

    private static let optimized: [String: [String: Set<TaskResource.Pattern>]] = [
        "apigateway": ["invoke": callback],
        "athena": [
            "startQueryExecution": job, "stopQueryExecution": call, "getQueryExecution": call, "getQueryResults": call,
        ],
        "batch": ["submitJob": [.requestResponse, .sync, .waitForTaskToken]],
        "bedrock": ["invokeModel": callback, "createModelCustomizationJob": job],
        "codebuild": [
            "startBuild": job, "stopBuild": call, "batchDeleteBuilds": call, "batchGetReports": call,
            "startBuildBatch": job, "stopBuildBatch": call, "retryBuildBatch": job, "deleteBuildBatch": call,
        ],
        "databrew": ["startJobRun": job],
        "dynamodb": ["getItem": call, "putItem": call, "deleteItem": call, "updateItem": call],
        "ecs": ["runTask": [.requestResponse, .sync, .waitForTaskToken]],
        "eks": [
            "createCluster": job, "deleteCluster": job, "createNodegroup": job, "deleteNodegroup": job,
            "createFargateProfile": job, "deleteFargateProfile": job, "runJob": job, "call": call,
        ],
        "elasticmapreduce": [
            "createCluster": job, "setClusterTerminationProtection": call, "terminateCluster": job, "addStep": job,
            "cancelStep": call, "modifyInstanceFleetByName": call, "modifyInstanceGroupByName": call,
        ],
        "emr-containers": ["createVirtualCluster": call, "deleteVirtualCluster": job, "startJobRun": job],
        "emr-serverless": [
            "createApplication": job, "startApplication": job, "stopApplication": job, "deleteApplication": job,
            "startJobRun": job, "cancelJobRun": job,
        ],
        "events": ["putEvents": callback],
        "glue": ["startJobRun": job],
        "http": ["invoke": call],
        "lambda": ["invoke": callback],
        "mediaconvert": ["createJob": job],
        "sagemaker": [
            "createEndpoint": call, "createEndpointConfig": call, "createHyperParameterTuningJob": job,
            "createLabelingJob": job, "createModel": call, "createProcessingJob": job, "createTrainingJob": job,
            "createTransformJob": job, "updateEndpoint": call,
        ],
        "sns": ["publish": callback],
        "sqs": ["sendMessage": callback],
        "states": ["startExecution": [.requestResponse, .sync, .sync2, .waitForTaskToken]],
    ]
}
