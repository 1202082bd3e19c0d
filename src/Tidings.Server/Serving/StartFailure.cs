using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>Why the hub did not start, in a sentence instead of a stack trace. Anything that is not foreseen here is a bug and keeps its trace.</summary>
internal static class StartFailure
{
    public static bool TryExplain(Exception failure, out ExitCode code, [NotNullWhen(true)] out string? sentence)
    {
        (code, sentence) = failure switch
        {
            EventLogException => (ExitCode.Failure, failure.Message),
            SettingException => (ExitCode.Usage, failure.Message),
            OptionsValidationException invalid => (ExitCode.Usage, string.Join(" ", invalid.Failures)),
            InvalidDataException => (ExitCode.Usage, $"{FirstLine(failure.Message)} {FirstLine(failure.InnerException?.InnerException?.Message)}"),
            IOException { InnerException: AddressInUseException } =>
                (ExitCode.Failure, $"{FirstLine(failure.Message)} Stop what listens there, or choose another address with --urls."),
            IOException or SocketException => (ExitCode.Failure, FirstLine(failure.Message)),
            UnauthorizedAccessException => (ExitCode.Failure, FirstLine(failure.Message)),

            // What the configuration binder and Kestrel throw for a value that they cannot read or an address that they cannot serve.
            InvalidOperationException => (ExitCode.Usage, FirstLine(failure.Message)),
            _ => (ExitCode.Failure, null),
        };
        return sentence is not null;
    }

    private static string FirstLine(string? text) => text?.Split('\n', 2)[0].Trim() ?? "";
}
