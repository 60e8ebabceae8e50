using Microsoft.AspNetCore.Diagnostics;

namespace StableRep.Api.Http;

/// <summary>Answers the API's exceptions with problems, and logs those that are our fault.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = ProblemTable.Of(exception);
        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            LogFailure(exception, httpContext.Request.Method, httpContext.Request.Path);
        }

        if (!httpContext.Request.IsForScripts())
        {
            return false;
        }

        await httpContext.WriteProblemAsync(problem);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogFailure(Exception exception, string method, string path);
}
