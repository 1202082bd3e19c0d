namespace Tidings;

/// <summary>Why the handler authenticated nobody, for those who ask for the failure. The message never holds anything of the token.</summary>
internal sealed class TokenRefusedException(TokenRefusal refusal, TokenDefect? defect)
    : Exception(defect is null ? refusal.Detail : $"{refusal.Detail} ({defect})")
{
    public TokenRefusal Refusal => refusal;

    public TokenDefect? Defect => defect;
}
