"""Types of the public names; written by `python -m dcalc.generate`."""

from dcalc import errors as errors
from dcalc.api.array_expression import ArrayExpression as ArrayExpression
from dcalc.api.array_expression import ArrayGradient as ArrayGradient
from dcalc.api.array_expression import ArrayMatrix as ArrayMatrix
from dcalc.api.checks import Check as Check
from dcalc.api.checks import Counterexample as Counterexample
from dcalc.api.checks import Loss as Loss
from dcalc.api.checks import check as check
from dcalc.api.checks import check_gradient as check_gradient
from dcalc.api.compiled_arrays import BoundedGradient as BoundedGradient
from dcalc.api.compiled_arrays import CompiledArrays as CompiledArrays
from dcalc.api.compiled_function import Compiled as Compiled
from dcalc.api.compiled_function import Evaluation as Evaluation
from dcalc.api.compiled_function import compile as compile
from dcalc.api.curves import Asymptote as Asymptote
from dcalc.api.curves import Feature as Feature
from dcalc.api.curves import Implicit as Implicit
from dcalc.api.curves import Interval as Interval
from dcalc.api.curves import Line as Line
from dcalc.api.curves import Location as Location
from dcalc.api.curves import Moments as Moments
from dcalc.api.curves import Solutions as Solutions
from dcalc.api.curves import Study as Study
from dcalc.api.curves import Tangent as Tangent
from dcalc.api.curves import Uncertainty as Uncertainty
from dcalc.api.curves import Unsettled as Unsettled
from dcalc.api.curves import Zero as Zero
from dcalc.api.curves import implicit as implicit
from dcalc.api.curves import propagate as propagate
from dcalc.api.curves import solve as solve
from dcalc.api.curves import study as study
from dcalc.api.curves import tangent as tangent
from dcalc.api.derivatives import Derivative as Derivative
from dcalc.api.derivatives import Gradient as Gradient
from dcalc.api.derivatives import Matrix as Matrix
from dcalc.api.derivatives import diff as diff
from dcalc.api.derivatives import emit as emit
from dcalc.api.derivatives import evaluate as evaluate
from dcalc.api.derivatives import grad as grad
from dcalc.api.derivatives import hessian as hessian
from dcalc.api.derivatives import jacobian as jacobian
from dcalc.api.derivatives import limit as limit
from dcalc.api.derivatives import parse as parse
from dcalc.api.derivatives import symbols as symbols
from dcalc.api.expression import Condition as Condition
from dcalc.api.expression import Drawing as Drawing
from dcalc.api.expression import Expression as Expression
from dcalc.api.mapper import Mapper as Mapper
from dcalc.api.mathematics import Function as Function
from dcalc.api.programs import from_jax as from_jax
from dcalc.api.programs import from_sympy as from_sympy
from dcalc.api.programs import from_torch as from_torch
from dcalc.api.tracing import from_function as from_function
from dcalc.errors import ArityError as ArityError
from dcalc.errors import DcalcError as DcalcError
from dcalc.errors import LimitError as LimitError
from dcalc.errors import NoValue as NoValue
from dcalc.errors import ParseError as ParseError
from dcalc.errors import UnknownFunction as UnknownFunction
from dcalc.errors import UnknownVariable as UnknownVariable
from dcalc.errors import Unsupported as Unsupported
from dcalc.errors import UsageError as UsageError
from dcalc.io.arrow import Batch as Batch
from dcalc.io.arrow import BatchStream as BatchStream
from dcalc.problem import Capabilities as Capabilities
from dcalc.problem import Problem as Problem
from dcalc.problem import Result as Result

__version__: str
__all__: list[str]

e: Expression
pi: Expression
tau: Expression
deg: Expression
abs: Function
abs2: Function
acos: Function
acosd: Function
acosh: Function
acot: Function
acotd: Function
acoth: Function
acsc: Function
acscd: Function
acsch: Function
airyai: Function
airyaiprime: Function
airyaiprimex: Function
airyaix: Function
airybi: Function
airybiprime: Function
arccos: Function
arccosh: Function
arccot: Function
arccoth: Function
arccsc: Function
arccsch: Function
arcsec: Function
arcsech: Function
arcsin: Function
arcsinh: Function
arctan: Function
arctanh: Function
asec: Function
asecd: Function
asech: Function
asin: Function
asind: Function
asinh: Function
atan: Function
atan2: Function
atand: Function
atanh: Function
bce: Function
bce_logits: Function
besseli: Function
besselix: Function
besselj: Function
besselj0: Function
besselj1: Function
besseljx: Function
besselk: Function
besselkx: Function
bessely: Function
bessely0: Function
bessely1: Function
besselyx: Function
beta: Function
betainc: Function
binomial: Function
cbrt: Function
ceil: Function
chebyshevt: Function
chebyshevu: Function
chi: Function
choose: Function
ci: Function
clip: Function
comb: Function
cos: Function
cosd: Function
cosh: Function
cospi: Function
cot: Function
cotd: Function
coth: Function
cross_entropy: Function
csc: Function
cscd: Function
csch: Function
dawson: Function
deg2rad: Function
digamma: Function
dilog: Function
ei: Function
ellipeinc: Function
ellipf: Function
ellipkinc: Function
elliptic_e: Function
elliptic_f: Function
elliptic_k: Function
elu: Function
erf: Function
erfc: Function
erfcinv: Function
erfcx: Function
erfi: Function
erfinv: Function
exp: Function
exp10: Function
exp2: Function
expint: Function
expm1: Function
factorial: Function
floor: Function
fmod: Function
frac: Function
fresnelc: Function
fresnels: Function
gamma: Function
gammap: Function
gammaq: Function
gegenbauer: Function
gelu: Function
hardtanh: Function
hav: Function
haversin: Function
haversine: Function
heaviside: Function
hermite: Function
huber: Function
hypot: Function
inv: Function
invdigamma: Function
laguerre: Function
lambertw: Function
leaky_relu: Function
legendre: Function
lgamma: Function
li: Function
ln: Function
log: Function
log10: Function
log1mexp: Function
log1p: Function
log1pexp: Function
log1pmx: Function
log1psq: Function
log2: Function
log2mexp: Function
log_base: Function
log_ndtr: Function
logaddexp: Function
logbeta: Function
logerfc: Function
logerfcx: Function
logexpm1: Function
logistic: Function
logit: Function
logmxp1: Function
lognormcdf: Function
logsubexp: Function
logsumexp: Function
lowerbeta: Function
lowergamma: Function
mae: Function
max: Function
min: Function
mish: Function
mod: Function
mse: Function
nchoosek: Function
ndtr: Function
ndtri: Function
norm: Function
normcdf: Function
norminv: Function
normpdf: Function
nthRoot: Function
polygamma: Function
polygamma1: Function
polylog: Function
pow: Function
probit: Function
rad2deg: Function
relu: Function
root: Function
round: Function
sec: Function
secd: Function
sech: Function
shi: Function
si: Function
sigmoid: Function
sign: Function
sin: Function
sinc: Function
sind: Function
sinh: Function
sinpi: Function
softmax: Function
softplus: Function
softsign: Function
sphericalbesselj: Function
sqrt: Function
step: Function
swish: Function
tan: Function
tand: Function
tanh: Function
trigamma: Function
trunc: Function
uppergamma: Function
where: Function
xlog1py: Function
xlogx: Function
xlogy: Function
zeta: Function
