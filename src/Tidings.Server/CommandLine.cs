using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Tidings.Server;

/// <summary>The commands of <c>tidings</c>. A new one is a class in Commands/ and a line in <see cref="CreateRoot"/>.</summary>
internal static class CommandLine
{
    public static async Task<ExitCode> RunAsync(string[] args, Terminal terminal)
    {
        // Without the replacer: "--data @home" is data, not the name of a file with more arguments.
        ParseResult parsed = CreateRoot(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            ProcessTerminationTimeout = null, // a hub drains for as long as its settings say
        };
        if (parsed.Action is not ParseErrorAction mistake)
        {
            return (ExitCode)await parsed.InvokeAsync(invocation);
        }

        mistake.ShowHelp = false;
        await parsed.InvokeAsync(invocation);
        await terminal.Error.WriteLineAsync($"See: tidings {PathOf(parsed.CommandResult)}--help");
        return ExitCode.Usage;
    }

    // "log list " for a command within a command, nothing for the root.
    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)}{result.Command.Name} " : "";

    private static Root CreateRoot(Terminal terminal)
    {
        var root = new Root
        {
            new ServeCommand(terminal),
            new PublishCommand(terminal),
            new SubscribeCommand(terminal),
            new LogCommand(terminal),
            new BenchCommand(terminal),
            new TokenCommand(terminal),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        var usual = (HelpAction)help.Action!; // a help option is made with its action
        help.Action = new HelpWithExamples(usual, isAskedFor: true);
        root.Action = new HelpWithExamples(usual, isAskedFor: false);
        return root;
    }

    private sealed class Root() : RootCommand("Live updates over Server-Sent Events: a hub, and the tools around it."), IHasExamples
    {
        public string Notes => "Each command has its own help: tidings serve --help";

        public IReadOnlyList<string> Examples { get; } =
        [
            "tidings serve --dev",
            "tidings publish --hub http://localhost:4000/.well-known/mercure --topic news --data hi",
            "tidings subscribe --hub http://localhost:4000/.well-known/mercure --topic news",
        ];
    }
}
