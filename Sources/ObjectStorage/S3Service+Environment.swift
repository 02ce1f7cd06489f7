import SignatureV4

extension S3Service {
    /// The service that the standard variables of AWS's tools name: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`.
    ///
    /// - Returns: Nil where they name neither a place nor credentials.
    package static func make(region: String, environment: (String) -> String?) -> S3Service? {
        func value(_ names: String...) -> String? { names.lazy.compactMap(environment).first { !$0.isEmpty } }
        let region = value("AWS_REGION", "AWS_DEFAULT_REGION") ?? region
        var credentials: SigningCredentials?
        if let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            credentials = SigningCredentials(
                accessKeyID: id, secret: SecretText(secret),
                sessionToken: value("AWS_SESSION_TOKEN").map { SecretText($0) })
        }
        let endpoint = value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
        guard endpoint != nil || credentials != nil else { return nil }
        return S3Service(
            endpoint: endpoint ?? "https://s3.\(region).amazonaws.com", region: region, credentials: credentials)
    }
}
