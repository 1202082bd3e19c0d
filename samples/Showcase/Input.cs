using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Mvc;

namespace Showcase;

/// <summary>What people send: short texts on one line, and sentences that say what is wrong with them.</summary>
internal static class Input
{
    /// <summary>No form of ours is larger.</summary>
    public static readonly RequestSizeLimitAttribute SmallBody = new(16 * 1024);

    /// <summary>Reads a text without the blanks around it, or says what is wrong with it.</summary>
    public static bool TryRead(string? text, string what, int longest, out string clean, [NotNullWhen(false)] out IResult? problem, int shortest = 1)
    {
        clean = (text ?? "").Trim();
        problem = clean.Length < shortest ? Problem($"{what} is missing.")
            : clean.Length > longest ? Problem($"{what} has {clean.Length} characters; {longest} is the most.")
            : clean.Any(char.IsControl) ? Problem($"{what} holds a control character.")
            : null;
        return problem is null;
    }

    /// <summary>An answer that the page shows.</summary>
    public static IResult Problem(string detail, int status = StatusCodes.Status400BadRequest) => TypedResults.Problem(detail, statusCode: status);
}
