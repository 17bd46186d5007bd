import CHiredis

/// An answer of Redis, and what it holds; the tree is hiredis' and ends with its last part.
struct RedisReply {
  private final class Tree {
    let root: UnsafeMutablePointer<redisReply>

    init(_ root: UnsafeMutablePointer<redisReply>) { self.root = root }

    deinit { freeReplyObject(root) }
  }

  private let tree: Tree
  private let node: UnsafeMutablePointer<redisReply>

  /// Takes ownership of a reply of redisReaderGetReply.
  init(owning root: UnsafeMutablePointer<redisReply>) {
    tree = Tree(root)
    node = root
  }

  private init(_ tree: Tree, _ node: UnsafeMutablePointer<redisReply>) {
    self.tree = tree
    self.node = node
  }

  var isNull: Bool { node.pointee.type == REDIS_REPLY_NIL }
  /// The server's words for why it refused; nil when it did not.
  var error: String? { node.pointee.type == REDIS_REPLY_ERROR ? text : nil }
  /// Of a number; 0 for everything else.
  var integer: Int { Int(node.pointee.integer) }
  /// Elements of an array; none of everything else.
  var count: Int { node.pointee.type == REDIS_REPLY_ARRAY ? Int(node.pointee.elements) : 0 }

  /// An element of an array; the array itself where there is none.
  subscript(_ index: Int) -> RedisReply {
    guard index < count, let element = node.pointee.element[index] else { return self }
    return RedisReply(tree, element)
  }

  var elements: [RedisReply] { (0..<count).map { self[$0] } }

  var bytes: [UInt8] { withBytes { Array($0) } }

  /// Text, or a number's digits.
  var text: String {
    if node.pointee.type == REDIS_REPLY_INTEGER { return String(node.pointee.integer) }
    return withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The single byte of a text of one; 0 for every other one.
  var singleByte: UInt8 { withBytes { $0.count == 1 ? $0[0] : 0 } }

  private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let length = node.pointee.str == nil ? 0 : Int(node.pointee.len)
    return withExtendedLifetime(tree) {
      body(UnsafeRawBufferPointer(start: node.pointee.str, count: length))
    }
  }
}
