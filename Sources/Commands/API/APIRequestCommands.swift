import CLI

enum APIGetCommand: APIRequestCommand {
  static let method = "GET"
  static let summary = "Get what a URL names"
  static var examples: [Example] {
    [
      Example("nb api get https://api.example.com/items page==2", "JSON, laid out on a terminal"),
      Example("nb api get @gh /repos/apple/swift/tags", "A path of a profile's base_url"),
      Example("nb api get https://example.com/big.iso --download big.iso", "Resumes, atomic"),
    ]
  }
}

enum APIPostCommand: APIRequestCommand {
  static let method = "POST"
  static let summary = "Post fields or a file to a URL"
  static var examples: [Example] {
    [
      Example("nb api post @api /users name=Ada age:=36 tags[]=a tags[]=b", "Fields as JSON"),
      Example("nb api post https://example.com/login --form user=ada pw=@pw.txt", "A form"),
      Example("nb api post @api /files upload@report.pdf note=new", "An upload"),
    ]
  }
}

enum APIPutCommand: APIRequestCommand {
  static let method = "PUT"
  static let summary = "Put content at a URL"
  static var examples: [Example] {
    [
      Example("nb api put @api /users/7 --body user.json", "A file as it is"),
      Example("generate | nb api put @api /report --body - Content-Type:text/csv", "A pipe"),
    ]
  }
}

enum APIPatchCommand: APIRequestCommand {
  static let method = "PATCH"
  static let summary = "Change a part of what a URL names"
  static var examples: [Example] {
    [
      Example("nb api patch @api /users/7 active:=false", "One field"),
      Example("nb api patch @api /users/7 If-Match:'\"abc\"' name=Ada", "Only if unchanged"),
    ]
  }
}

enum APIDeleteCommand: APIRequestCommand {
  static let method = "DELETE"
  static let summary = "Delete what a URL names"
  static var examples: [Example] {
    [
      Example("nb api delete @api /users/7", "One thing"),
      Example("nb api delete @api /users/7 --allow-status 404", "Also when it is gone already"),
    ]
  }
}

enum APIHeadCommand: APIRequestCommand {
  static let method = "HEAD"
  static let summary = "Print the header fields of what a URL names"
  static var examples: [Example] {
    [
      Example("nb api head https://example.com/", "Status line and header fields")
    ]
  }
}

enum APIOptionsCommand: APIRequestCommand {
  static let method = "OPTIONS"
  static let summary = "Ask what can be done with what a URL names"
  static var examples: [Example] {
    [
      Example("nb api options https://example.com/items -i", "With the header fields")
    ]
  }
}
