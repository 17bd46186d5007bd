import Commands
import Platform

exitProcess(
  Program.run(argumentCount: CommandLine.argc, arguments: CommandLine.unsafeArgv))
