/// The keys of a profile that are about queues, whatever broker has them. They do not reach the
/// adapters, which know them for their guesses at what a misspelt one means.
public enum QueueKeys {
  public static let all = [
    "queue", "dead_letter", "max_retries", "retry_delay", "max_retry_delay", "message_ttl",
    "prefetch",
  ]
}
