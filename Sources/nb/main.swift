import Commands
import Platform

exitProcess(Program.run(CommandLine.arguments))
