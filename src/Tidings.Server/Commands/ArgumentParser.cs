using System.CommandLine.Parsing;
using System.Globalization;

namespace Tidings.Server;

/// <summary>Reads what several commands take, and says what is wrong with it in the same words.</summary>
internal static class ArgumentParser
{
    public static Uri? ParseAddress(ArgumentResult result)
    {
        if (result.Tokens is not [{ Value: var text }])
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        result.AddError($"{NameOf(result)} takes an address such as http://localhost:4000/.well-known/mercure, and \"{text}\" is none.");
        return null;
    }

    public static int? ParseNumber(ArgumentResult result, int minimum, int maximum)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        result.AddError($"{NameOf(result)} takes a whole number from {minimum} to {maximum}, and \"{text}\" is none.");
        return null;
    }

    // An option's argument has the option as its parent, a command's own argument the command.
    private static string NameOf(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.HelpName ?? result.Argument.Name;
}
