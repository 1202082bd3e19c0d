using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Tidings.Server;

/// <summary>A command whose help ends with lines that can be copied and run.</summary>
internal interface IHasExamples
{
    /// <summary>What else to know, too long for the list of commands.</summary>
    string Notes { get; }

    IReadOnlyList<string> Examples { get; }
}

/// <summary>The usual help and, below it, where the eye ends up, the examples of the command.</summary>
internal sealed class HelpWithExamples(HelpAction usual, bool isAskedFor) : SynchronousCommandLineAction
{
    // Whoever asks for help gets it, whatever else is on the line; whoever mistypes a command is told so.
    public override bool ClearsParseErrors => isAskedFor;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is IHasExamples command)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(command.Notes);
            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (string example in command.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return code;
    }
}
