import { flyPart } from './fly.ts'

flyPart(4, 4)
