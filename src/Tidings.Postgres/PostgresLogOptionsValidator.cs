using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Stops the start of the app when a setting is out of its range, with a sentence that names the setting, its value and the range.</summary>
internal sealed class PostgresLogOptionsValidator : IValidateOptions<PostgresLogOptions>
{
    public ValidateOptionsResult Validate(string? name, PostgresLogOptions options) =>
        options.Complaint() is { } complaint
            ? ValidateOptionsResult.Fail($"{PostgresLogOptions.SectionName}:{complaint}")
            : ValidateOptionsResult.Success;
}
