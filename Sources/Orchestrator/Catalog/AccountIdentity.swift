/// Whose resources these are: the middle of every ARN. Clients take ARNs as they come, so any values will do; the
/// defaults are those of Step Functions Local but for the account, which cannot be mistaken for a real one.
package struct AccountIdentity: Sendable, Hashable {
    package var partition: String
    package var region: String
    /// Twelve digits.
    package var account: String

    package init(partition: String = "aws", region: String = "us-east-1", account: String = "000000000000") {
        self.partition = partition
        self.region = region
        self.account = account
    }

    package func arn(_ resource: StatesARN.Resource) -> StatesARN {
        StatesARN(partition: partition, region: region, account: account, resource: resource)
    }
}
